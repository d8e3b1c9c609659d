// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that neither the server nor its tests depend on what measures them.
let package = Package(
  name: "micro-benchmarks",
  dependencies: [
    // The server's package, by this name whatever the clone's folder is called.
    .package(name: "apus", path: "../.."),
    // Its traits count allocations, by replacing malloc; the server's memory comes from jemalloc.
    .package(url: "https://github.com/ordo-one/benchmark", exact: "1.38.1", traits: []),
  ],
  targets: [
    // The plugins look for a target whose folder lies in one called `Benchmarks`.
    .executableTarget(
      name: "MicroBenchmarks",
      dependencies: [
        .product(name: "MicroWorkloads", package: "apus"),
        .product(name: "Benchmark", package: "benchmark"),
      ],
      path: ".", exclude: ["README.md", "Workloads", "run"], sources: ["MicroBenchmarks.swift"],
      plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")])
  ],
  swiftLanguageModes: [.v5]
)
