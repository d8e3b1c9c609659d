import Testing

@testable import Engine

@Suite struct ClientTableTests {
  @Test func identifiersAreNeverUsedTwice() {
    var table = ClientTable()
    let first = table.add(transport: nil, details: ClientDetails())
    table.remove(first)
    #expect(table.count == 0 && first.pointee.flags.contains(.closed))
    table.freeClosed()
    let second = table.add(transport: nil, details: ClientDetails())
    #expect(second.pointee.id == 2 && table.all[2] == second && table.all[1] == nil)
    table.remove(second)
    table.freeClosed()
  }

  @Test func queueKeepsOrderWhileItGrowsAndShifts() {
    var table = ClientTable()
    let clients = (0..<300).map { _ in table.add(transport: nil, details: ClientDetails()) }
    var queue = ClientQueue()
    var model: [UnsafeMutablePointer<Client>] = []
    for step in 0..<5000 {
      if step % 7 < 4 {
        queue.append(clients[step % 300])
        model.append(clients[step % 300])
      } else if !model.isEmpty {
        #expect(queue[0] == model[0])
        #expect(queue.removeFirst() == model.removeFirst())
      }
      if step % 1000 == 999 {
        while !model.isEmpty { #expect(queue.removeFirst() == model.removeFirst()) }
      }
      #expect(queue.count == model.count && queue.isEmpty == model.isEmpty)
    }
    for client in clients { table.remove(client) }
    table.freeClosed()
  }
}
