/// What happened to a key, as keyspace notifications name it.
package enum KeyspaceEvent: UInt8, Sendable {
  case set, setbit, setrange, append, incrby, incrbyfloat
  case pfadd
  case del, rename_from, rename_to, move_from, move_to, copy_to, expire, persist, expired, evicted
  case sadd, srem, spop, sinterstore, sunionstore, sdiffstore
  case hset, hdel, hincrby, hincrbyfloat, hexpire, hpersist, hexpired
}
