import Testing

@testable import Core

@Suite struct XXH3Tests {
  private static func sample(_ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ 3 &+ ($0 >> 8)) }
  }

  // Bytes (7 i + 3 + i / 256) mod 256; digests by the PyPI package xxhash 4.1.
  static let vectors: [(Int, UInt64)] = [
    (0, 0x2d06_8005_38d3_94c2),
    (1, 0x13e6_08bc_156d_efed),
    (2, 0x1c90_74b9_3943_b86c),
    (3, 0xa908_8dda_485b_481c),
    (4, 0x6d92_53b1_6c8b_1ed3),
    (5, 0x9986_20e1_0e3a_4b37),
    (7, 0x8e82_91ad_8912_7e2e),
    (8, 0x6053_9db6_3047_1163),
    (9, 0xfeff_6683_61d7_23a8),
    (12, 0x6829_454b_e0cc_3199),
    (15, 0x9ec1_69f4_a982_31c1),
    (16, 0xb8c8_59b0_f030_b585),
    (17, 0x714a_0440_8e79_b80f),
    (31, 0xed41_ac28_3d06_74b3),
    (32, 0x19ff_4ee1_d6ba_1a55),
    (33, 0x3e44_983a_d216_79c8),
    (63, 0x1353_bea3_d0eb_f7e1),
    (64, 0x287e_b1fa_9e4b_e2c1),
    (65, 0x8292_18de_4d79_8646),
    (95, 0xce51_f095_4dfb_db63),
    (96, 0xf084_e7cf_bc62_4743),
    (97, 0x1daa_8327_1a8e_7b7c),
    (127, 0x998f_a063_1fd7_8d0b),
    (128, 0x6742_5a03_6502_61bf),
    (129, 0xc664_bf33_11c6_abc4),
    (143, 0x8b31_3780_705a_f3a7),
    (144, 0x606a_17fa_700b_b932),
    (145, 0x58ce_ebee_1ff9_e519),
    (160, 0xd70d_ea8d_e694_b883),
    (200, 0x746c_d002_5327_bf5b),
    (239, 0x1d86_1931_c1f3_cafa),
    (240, 0x6455_6dc6_b462_a6cf),
    (241, 0x8bea_dd3a_8874_fe17),
    (255, 0xb67b_6637_a76e_6c39),
    (256, 0x3c38_817f_6d79_c0da),
    (257, 0x22b1_0312_bf30_5d6c),
    (319, 0x40d2_7821_d8d2_6436),
    (320, 0x926e_c066_5b1e_ca1e),
    (321, 0xd807_3052_a0ec_92ec),
    (512, 0xba0c_90e5_a730_b770),
    (1000, 0x34b8_c95a_ba0c_0fa3),
    (1023, 0xe578_0824_40bd_4159),
    (1024, 0x81f6_5811_d772_6199),
    (1025, 0x706f_a6a1_7c0b_c400),
    (1088, 0x509a_d46f_07f2_da56),
    (1089, 0xccd5_9b03_ec60_a1ba),
    (2047, 0x982c_4efb_f744_a8ee),
    (2048, 0x22fc_fa75_4b9a_5189),
    (2049, 0x8d12_3753_816a_f3ea),
    (4096, 0xa524_4cd2_b71b_7adc),
    (10000, 0xeeb3_c6cd_ba3f_e460),
    (65536, 0x7de0_4d17_c8eb_6070),
    (100003, 0x616d_8c32_a101_9a18),
  ]

  @Test(arguments: vectors) func agreesWithTheReference(_ vector: (Int, UInt64)) {
    #expect(Self.sample(vector.0).withView { XXH3.hash($0) } == vector.1)
  }

  /// Every length below 3000, folded into one number by the same reference.
  @Test func agreesAtEveryLength() {
    let bytes = Self.sample(3000)
    var folded: UInt64 = 0
    for count in 0..<3000 {
      folded = folded &* 31 &+ bytes.withView { XXH3.hash($0.slice(0, count)) }
    }
    #expect(folded == 0x957c_77a7_8def_c940)
  }
}
