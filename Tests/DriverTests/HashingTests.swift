import Hashing
import Testing

@Suite("SHA-256")
struct HashingTests {
  /// The examples of FIPS 180-4 (NIST).
  @Test(
    "agrees with the published digests",
    arguments: [
      ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      (
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
      ),
    ])
  func published(text: String, hex: String) {
    #expect(SHA256Digest.of(text.utf8).hex == hex)
    #expect(SHA256Digest.of(AnySequence(text.utf8)).description == hex)
  }

  @Test("agrees on a million letters, which come in many blocks")
  func million() {
    let letters = [UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000)
    #expect(SHA256Digest.of(letters).hex == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
  }

  @Test("pieces of any size give the digest of the whole, and more may follow a digest", arguments: [1, 63, 64, 65, 4_096])
  func pieces(size: Int) {
    let bytes = (0..<5_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    let hasher = SHA256Hasher()
    for start in stride(from: 0, to: bytes.count, by: size) {
      if start % 1_000 == 0 { #expect(hasher.finalize() == SHA256Digest.of(bytes[..<start])) }
      hasher.update(Array(bytes[start..<min(start + size, bytes.count)]))
    }
    #expect(hasher.finalize() == SHA256Digest.of(bytes))
    #expect(hasher.finalize() == SHA256Digest.of(bytes))
  }

  @Test("the hexadecimal text is read in either case, and nothing else is taken for a digest")
  func text() {
    let digest = SHA256Digest.of("abc".utf8)
    #expect(SHA256Digest(digest.hex) == digest)
    #expect(SHA256Digest(digest.hex.uppercased()) == digest)
    #expect(SHA256Digest(bytes: digest.bytes) == digest)
    for text in ["", "abc", String(digest.hex.dropLast()), digest.hex + "0", "g" + digest.hex.dropFirst(), "é" + digest.hex.dropFirst(2)] {
      #expect(SHA256Digest(text) == nil)
    }
  }

  @Test("the order of digests is that of their texts")
  func order() {
    let digests = (0..<200).map { SHA256Digest.of("\($0)".utf8) }
    #expect(digests.sorted().map(\.hex) == digests.map(\.hex).sorted())
  }
}
