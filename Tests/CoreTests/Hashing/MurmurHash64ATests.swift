import Testing

@testable import Core

@Suite struct MurmurHash64ATests {
  /// As the published code gives them.
  @Test(arguments: [
    ("", 0x0, 0x0000_0000_0000_0000),
    ("", 0xadc8_3b19, 0xd8df_ea65_85bc_9732),
    ("a", 0x0, 0x0717_17d2_d36b_6b11),
    ("a", 0xadc8_3b19, 0x53d2_470a_9b43_b1a7),
    ("ab", 0x0, 0x62be_85b2_fe53_d1f8),
    ("ab", 0xadc8_3b19, 0x0eae_d676_4371_42cf),
    ("abc", 0x0, 0x9cc9_c334_98a9_5efb),
    ("abc", 0xadc8_3b19, 0x77ec_90ae_b374_e502),
    ("abcd", 0x0, 0xec10_44c4_5cc5_097a),
    ("abcd", 0xadc8_3b19, 0xb079_ee3d_4420_2b3e),
    ("abcdefg", 0x0, 0x241a_a52b_0a62_005d),
    ("abcdefg", 0xadc8_3b19, 0x22fe_613b_b08c_9602),
    ("abcdefgh", 0x0, 0xafdb_0257_ff41_aa98),
    ("abcdefgh", 0xadc8_3b19, 0xf3a6_5df5_5991_4567),
    ("abcdefghi", 0x0, 0xc9b9_d843_5614_6ac2),
    ("abcdefghi", 0xadc8_3b19, 0x834f_ba4d_9152_daf7),
    ("visitor:000000000042", 0x0, 0xc610_4d06_640f_ddbd),
    ("visitor:000000000042", 0xadc8_3b19, 0xf66d_be10_cf63_769b),
  ])
  func publishedValues(text: String, seed: UInt64, expected: UInt64) {
    #expect(Array(text.utf8).withView { MurmurHash64A.hash($0, seed: seed) } == expected)
  }
}
