// swift-tools-version: 6.2
import PackageDescription

// Exclusivity checks are off because all state lives behind pointers owned by one thread and
// the dynamic check costs a call per access. `-Ounchecked` is never used: overflow and bounds
// checks on outside input must stay.
let swiftSettings: [SwiftSetting] = [
  .unsafeFlags(["-enforce-exclusivity=unchecked"])
]

// Lets the engine inline Core's functions: `@inlinable package` alone does not make the compiler do
// so. Without it a GET takes 905 instructions instead of 775 (docs/decisions/0005).
let coreSettings: [SwiftSetting] = [
  .unsafeFlags(["-enable-cmo-everything"], .when(configuration: .release))
]

let testSettings: [SwiftSetting] = [.enableUpcomingFeature("BareSlashRegexLiterals")]

let package = Package(
  name: "apus",
  products: [
    .executable(name: "apus-server", targets: ["apus-server"]),
    .executable(name: "apus-check-rdb", targets: ["apus-check-rdb"]),
    .executable(name: "apus-check-aof", targets: ["apus-check-aof"]),
    // For the load generator, a package of its own in Benchmarks/Generator.
    .library(name: "CNet", targets: ["CNet"]),
    .library(name: "Fuzzers", type: .static, targets: ["Fuzzers"]),
    .library(name: "MicroWorkloads", type: .static, targets: ["MicroWorkloads"]),
  ],
  targets: [
    // C shims: the only code that includes <uv.h> or <jemalloc/jemalloc.h>.
    .target(name: "CAlloc", path: "CSupport/CAlloc", linkerSettings: [.linkedLibrary("jemalloc")]),
    .target(name: "CNet", path: "CSupport/CNet", linkerSettings: [.linkedLibrary("uv")]),
    .target(
      name: "CPrimitives", path: "CSupport/CPrimitives", linkerSettings: [.linkedLibrary("m")]),
    .target(name: "CProcess", path: "CSupport/CProcess"),
    // Dependencies run one way: C shims, Core, Engine, Net, executables.
    .target(
      name: "Core", dependencies: ["CAlloc", "CPrimitives"],
      swiftSettings: swiftSettings + coreSettings),
    .target(
      name: "Engine", dependencies: ["Core", "CAlloc", "CPrimitives", "CProcess"],
      swiftSettings: swiftSettings),
    .target(
      name: "Net", dependencies: ["Engine", "Core", "CNet", "CPrimitives"],
      swiftSettings: swiftSettings),
    .executableTarget(
      name: "apus-server", dependencies: ["Net", "Engine", "Core", "CProcess"],
      swiftSettings: swiftSettings),
    .executableTarget(
      name: "apus-check-rdb", dependencies: ["Engine"], swiftSettings: swiftSettings),
    .executableTarget(
      name: "apus-check-aof", dependencies: ["Engine"], swiftSettings: swiftSettings),
    // For tests only. Plain functions of bytes: `Tests/Fuzz/run` links them with libFuzzer.
    .target(
      name: "Fuzzers", dependencies: ["Engine", "Core", "CAlloc"], path: "Tests/Fuzz",
      exclude: ["Cases", "make-rdb-cases", "run"]),
    .testTarget(name: "FuzzTests", dependencies: ["Fuzzers"]),
    // For the package in `Benchmarks/Micro` only: loops over Core and Engine to be timed.
    .target(
      name: "MicroWorkloads", dependencies: ["Engine", "Core", "CPrimitives"],
      path: "Benchmarks/Micro/Workloads", swiftSettings: swiftSettings),
    .testTarget(name: "MicroWorkloadTests", dependencies: ["MicroWorkloads"]),
    .testTarget(
      name: "CoreTests", dependencies: ["Core", "CAlloc", "CPrimitives"],
      swiftSettings: testSettings),
    .testTarget(
      name: "EngineTests", dependencies: ["Engine", "Core", "CAlloc", "CPrimitives"],
      swiftSettings: testSettings),
    .testTarget(
      name: "NetTests", dependencies: ["Net", "Engine", "Core"], swiftSettings: testSettings),
  ],
  // No Swift concurrency in the server: one thread owns all data. Mode 6 would also forbid thin
  // function references, which the command table holds because calling one retains nothing.
  swiftLanguageModes: [.v5]
)
