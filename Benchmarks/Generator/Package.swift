// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "apus-benchmark",
  products: [
    .executable(name: "apus-benchmark", targets: ["apus-benchmark"]),
    .executable(name: "ok-server", targets: ["ok-server"]),
  ],
  dependencies: [
    // By path, so that any name of the folder will do.
    .package(name: "apus", path: "../.."),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.6.0"),
    .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.1.4"),
  ],
  targets: [
    .target(
      name: "LoadGenerator",
      dependencies: [
        .product(name: "CNet", package: "apus"),
        .product(name: "Histogram", package: "hdrhistogram-swift"),
      ],
      swiftSettings: [.unsafeFlags(["-enforce-exclusivity=unchecked"])]),
    .executableTarget(
      name: "apus-benchmark",
      dependencies: [
        "LoadGenerator",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    // What the generator itself is measured against: answers +OK to everything.
    .executableTarget(name: "ok-server"),
    .testTarget(name: "LoadGeneratorTests", dependencies: ["LoadGenerator"]),
  ],
  swiftLanguageModes: [.v5]
)
