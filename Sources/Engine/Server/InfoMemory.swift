import CAlloc
import Core
import Glibc

/// Where the memory is: the numbers behind INFO memory and MEMORY STATS.
struct MemoryMeasures {
  let used: Int
  let peak: Int
  let start: Int
  let clients: Int
  /// Of each database that holds keys: its number and the bytes of its table.
  let databases: [(index: Int, overhead: Int)]
  let keyCount: Int
  let allocator: apus_alloc_statistics
  let resident: Int

  init(_ server: inout Server) {
    server.statistics.notePeakMemory()
    allocator = apus_alloc_read_statistics()
    used = UsedMemory.byteCount
    peak = server.statistics.usedByteCountPeak
    start = server.statistics.startMemoryByteCount
    clients = server.clients.measures.memoryByteCount
    var databases: [(index: Int, overhead: Int)] = []
    var keyCount = 0
    for index in 0..<server.keyspace.databaseCount where server.keyspace[index].count > 0 {
      let database = server.keyspace[index]
      databases.append((index, database.storage.pointee.table.overheadByteCount))
      keyCount += database.count
    }
    self.databases = databases
    self.keyCount = keyCount
    resident = ProcessMeasures.memory.residentBytes
  }

  /// Everything that is not keys and values.
  var overhead: Int { start + clients + databases.reduce(0) { $0 + $1.overhead } }
  var dataset: Int { max(0, used - overhead) }
  var datasetPercentage: Double { 100 * NumberText.ratio(dataset, max(0, used - start)) }
  var peakPercentage: Double { 100 * NumberText.ratio(used, peak) }
  var bytesPerKey: Int { keyCount == 0 ? 0 : max(0, used - start) / keyCount }

  var allocated: Int { Int(clamping: allocator.allocated) }
  var active: Int { Int(clamping: allocator.active) }
  var allocatorResident: Int { Int(clamping: allocator.resident) }

  static var systemByteCount: Int {
    let (product, overflow) = sysconf(Int32(_SC_PHYS_PAGES)).multipliedReportingOverflow(
      by: sysconf(Int32(_SC_PAGESIZE)))
    return overflow ? 0 : product
  }
}

extension Server {
  mutating func writeMemory(_ text: inout InfoText) {
    let measures = MemoryMeasures(&self)
    text.section("Memory")
    text.bytes("used_memory", measures.used)
    text.bytes("used_memory_rss", measures.resident)
    text.bytes("used_memory_peak", measures.peak)
    text.field("used_memory_peak_perc", NumberText.fixed(measures.peakPercentage, 2) + "%")
    text.field("used_memory_overhead", measures.overhead)
    text.field("used_memory_startup", measures.start)
    text.field("used_memory_dataset", measures.dataset)
    text.field("used_memory_dataset_perc", NumberText.fixed(measures.datasetPercentage, 2) + "%")
    text.field("allocator_allocated", measures.allocated)
    text.field("allocator_active", measures.active)
    text.field("allocator_resident", measures.allocatorResident)
    text.bytes("total_system_memory", MemoryMeasures.systemByteCount)
    writeScripts(&text)
    text.bytes("maxmemory", configuration.integer(.maxmemory))
    text.field("maxmemory_policy", configuration.choice(.maxmemoryPolicy))
    writeFragmentation(measures, &text)
    text.fields([
      "mem_not_counted_for_evict": "0", "mem_replication_backlog": "0",
      "mem_total_replication_buffers": "0", "mem_clients_slaves": "0",
    ])
    text.field("mem_clients_normal", measures.clients)
    text.fields(["mem_cluster_links": "0"])
    text.field("mem_aof_buffer", appendOnly.writer?.backlogByteCount ?? 0)
    text.field("mem_allocator", String(cString: apus_alloc_name()))
    text.field("active_defrag_running", 0)
    text.field("lazyfree_pending_objects", keyspace.lazyFreePendingCount)
    text.field("lazyfreed_objects", keyspace.lazyFreedCount)
  }

  /// There are no scripts, which take no memory.
  private func writeScripts(_ text: inout InfoText) {
    text.fields(["used_memory_lua": "0", "used_memory_vm_eval": "0", "used_memory_lua_human": "0B"])
    text.fields([
      "used_memory_scripts_eval": "0", "number_of_cached_scripts": "0",
      "number_of_functions": "0", "number_of_libraries": "0", "used_memory_vm_functions": "0",
      "used_memory_vm_total": "0", "used_memory_vm_total_human": "0B",
      "used_memory_functions": "0", "used_memory_scripts": "0", "used_memory_scripts_human": "0B",
    ])
  }

  private func writeFragmentation(_ measures: MemoryMeasures, _ text: inout InfoText) {
    let steps = [
      ("allocator_frag", measures.active, measures.allocated),
      ("allocator_rss", measures.allocatorResident, measures.active),
      ("rss_overhead", measures.resident, measures.allocatorResident),
      ("mem_fragmentation", measures.resident, measures.used),
    ]
    for (name, larger, smaller) in steps {
      text.field("\(name)_ratio", NumberText.fixed(NumberText.ratio(larger, smaller), 2))
      text.field("\(name)_bytes", larger - smaller)
    }
  }
}
