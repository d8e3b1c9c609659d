import Core

/// Places as scores, and distances.
enum GeoWorkloads {
  static let all = [
    Workload("Geohash: score of a place", workingSet) { _ in
      measuring {
        UInt64(Geohash.score($0))
      } isRight: {
        $0 < 1 << 52
      }
    },
    Workload("Geohash: place of a score", workingSet) { _ in
      let scores = places.map(Geohash.score)
      return PreparedWorkload { count in
        scores.withUnsafeBufferPointer { scores in
          var sum = 0.0
          for index in 0..<count { sum += Geohash.place(score: scores[index & 1023]).latitude + 90 }
          return Int(sum)
        }
      } isRight: { count, result in
        let sum = (0..<count).reduce(0.0) { $0 + places[$1 & 1023].latitude + 90 }
        return abs(Double(result) - sum) < 1 + sum / 1000
      }
    },
    Workload("Geohash: text", workingSet, .thousand) { _ in
      measuring {
        UInt64(Geohash.text(score: Geohash.score($0)).count)
      } isRight: {
        $0 == 11
      }
    },
    Workload("Geo: distance", workingSet) { _ in
      let middle = GeoPoint(longitude: 13.361389, latitude: 38.115556)
      return measuring {
        UInt64(GeoDistance.between(middle, $0))
      } isRight: {
        $0 < 20_100_000
      }
    },
    Workload("Geo: place in a box", workingSet) { _ in
      let middle = GeoOrigin(GeoPoint(longitude: 13.361389, latitude: 38.115556))
      return measuring {
        middle.distance($0, halfWidth: 4e6, halfHeight: 4e6) == nil ? 1 : 2
      } isRight: {
        $0 == 1 || $0 == 2
      }
    },
  ]

  private static let workingSet = "1024 places, 16 KB"

  private static let places: [GeoPoint] = {
    var random = RepeatableRandom(seed: 8)
    return (0..<1024).map { _ in
      GeoPoint(
        longitude: Double.random(in: Geohash.longitudes, using: &random),
        latitude: Double.random(in: Geohash.latitudes, using: &random))
    }
  }()

  /// Adds up what `measure` says of each place, which `isRight` judges one by one.
  @inline(__always)
  private static func measuring(
    _ measure: @escaping (GeoPoint) -> UInt64, isRight: @escaping (UInt64) -> Bool
  ) -> PreparedWorkload {
    let places = places
    return PreparedWorkload { count in
      places.withUnsafeBufferPointer { places in
        var sum: UInt64 = 0
        for index in 0..<count { sum &+= measure(places[index & 1023]) }
        return Int(truncatingIfNeeded: sum)
      }
    } isRight: { count, result in
      let values = (0..<count).map { measure(places[$0 & 1023]) }
      return values.allSatisfy(isRight) && values.reduce(0, &+) == UInt64(result)
    }
  }
}
