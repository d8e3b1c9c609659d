import Glibc

/// What a search looks for: a circle or a box around a place, or a polygon.
package struct GeoShape {
  package enum Kind { case circle, box, polygon }

  package let kind: Kind
  /// From where distances are measured. A polygon's is the mean of its vertices in space, which
  /// need not lie in it, nor where places can be.
  package let middle: GeoPoint
  /// Metres: half of a box, the radius of a circle.
  package let halfWidth: Double
  package let halfHeight: Double
  /// Metres from the middle to the farthest point, about.
  let reach: Double
  package let vertices: [GeoPoint]

  private init(
    _ kind: Kind, _ middle: GeoPoint, _ halfWidth: Double, _ halfHeight: Double, reach: Double,
    vertices: [GeoPoint] = []
  ) {
    self.kind = kind
    self.middle = middle
    self.halfWidth = halfWidth
    self.halfHeight = halfHeight
    self.reach = reach
    self.vertices = vertices
  }

  package static func circle(_ middle: GeoPoint, radius: Double, metresPerUnit: Double) -> GeoShape
  {
    let radius = radius * metresPerUnit
    return GeoShape(.circle, middle, radius, radius, reach: radius)
  }

  package static func box(
    _ middle: GeoPoint, width: Double, height: Double, metresPerUnit: Double
  ) -> GeoShape {
    let diagonal = (width / 2 * (width / 2) + height / 2 * (height / 2)).squareRoot()
    return GeoShape(
      .box, middle, metresPerUnit * width / 2, metresPerUnit * height / 2,
      reach: diagonal * metresPerUnit)
  }

  /// REQUIRES: three vertices or more, all places of the world.
  package static func polygon(_ vertices: [GeoPoint]) -> GeoShape {
    let middle = centroid(vertices)
    let origin = GeoOrigin(middle)
    let reach = GeoBounds(around: vertices).corners.map(origin.distance).max() ?? 0
    return GeoShape(.polygon, middle, 0, 0, reach: reach, vertices: vertices)
  }

  private static func centroid(_ vertices: [GeoPoint]) -> GeoPoint {
    var (x, y, z) = (0.0, 0.0, 0.0)
    for vertex in vertices {
      let latitude = GeoDistance.radians(vertex.latitude)
      let longitude = GeoDistance.radians(vertex.longitude)
      x += GeoDistance.earthRadius * cos(latitude) * cos(longitude)
      y += GeoDistance.earthRadius * cos(latitude) * sin(longitude)
      z += GeoDistance.earthRadius * sin(latitude)
    }
    let count = Double(vertices.count)
    (x, y, z) = (x / count, y / count, z / count)
    return GeoPoint(
      longitude: GeoDistance.degrees(atan2(y, x)),
      latitude: GeoDistance.degrees(atan2(z, (x * x + y * y).squareRoot())))
  }
}

/// Tests places for lying in a shape. Borrows the shape's vertices.
package struct GeoMatcher {
  private let kind: GeoShape.Kind
  private let origin: GeoOrigin
  private let halfWidth: Double
  private let halfHeight: Double
  private let chordMax: Double
  private let vertices: UnsafeBufferPointer<GeoPoint>

  /// Runs `body` with a matcher that must not escape it.
  package static func with<Result>(_ shape: GeoShape, _ body: (GeoMatcher) -> Result) -> Result {
    shape.vertices.withUnsafeBufferPointer { body(GeoMatcher(shape, $0)) }
  }

  private init(_ shape: GeoShape, _ vertices: UnsafeBufferPointer<GeoPoint>) {
    kind = shape.kind
    origin = GeoOrigin(shape.middle)
    halfWidth = shape.halfWidth
    halfHeight = shape.halfHeight
    chordMax = GeoOrigin.chord(shape.halfWidth)
    self.vertices = vertices
  }

  /// The distance of a place from the shape's middle in metres; nil if it lies outside.
  @inline(__always)
  package func distance(_ place: GeoPoint) -> Double? {
    switch kind {
    case .circle: return origin.distance(place, radius: halfWidth, chordMax: chordMax)
    case .box: return origin.distance(place, halfWidth: halfWidth, halfHeight: halfHeight)
    case .polygon: return isInPolygon(place) ? origin.distance(place) : nil
    }
  }

  /// Whether a line from the place to the east crosses an odd number of the polygon's sides. Sides
  /// are straight in degrees.
  @inline(never)
  private func isInPolygon(_ place: GeoPoint) -> Bool {
    var isInside = false
    var previous = vertices[vertices.count - 1]
    for vertex in vertices {
      if (vertex.latitude > place.latitude) != (previous.latitude > place.latitude),
        place.longitude < (previous.longitude - vertex.longitude)
          * (place.latitude - vertex.latitude) / (previous.latitude - vertex.latitude)
          + vertex.longitude
      {
        isInside.toggle()
      }
      previous = vertex
    }
    return isInside
  }
}
