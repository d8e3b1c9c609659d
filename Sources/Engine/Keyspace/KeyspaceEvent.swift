/// What happened to a key, as keyspace notifications name it.
package enum KeyspaceEvent: UInt8, Sendable {
  case set, setrange, append, incrby, incrbyfloat
  case zadd, zincr, zrem, zremrangebyrank, zremrangebyscore, zremrangebylex, zpopmin, zpopmax
  case zrangestore, zunionstore, zinterstore, zdiffstore
  case del, rename_from, rename_to, move_from, move_to, copy_to, expire, persist, expired, evicted
}
