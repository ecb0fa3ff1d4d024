import CanonicalJSON
import Testing

/// What is digested must have one text, whoever wrote it.
@Suite("Canonical JSON") struct CanonicalJSONTests {
  private struct Sample: Codable, Equatable {
    enum Kind: String, Codable { case near, far }
    enum Basis: Codable, Equatable { case facts([String: JSONValue]), nothing }
    var name = "orders"
    var count = -7
    var missing: String?
    var kind = Kind.far
    var basis = Basis.facts(["b": 1, "a": [true, nil, "x"]])
    var sizes: [UInt16] = [1, 65_535]
  }

  @Test("keys are sorted, nothing stands between, what is nil is left out") func shape() throws {
    let text = try CanonicalJSON.text(Sample())
    #expect(text == #"{"basis":{"facts":{"_0":{"a":[true,null,"x"],"b":1}}},"count":-7,"kind":"far","name":"orders","sizes":[1,65535]}"#)
    #expect(try CanonicalJSON.decode(Sample.self, from: text.utf8) == Sample())
  }

  @Test("the order of keys is that of their bytes", arguments: [(["b", "a", "B", "ä", "a.b", "a-b", "ab", ""], #"{"":0,"B":0,"a":0,"a-b":0,"a.b":0,"ab":0,"b":0,"ä":0}"#)])
  func order(_ keys: [String], _ text: String) throws {
    #expect(try CanonicalJSON.text(Dictionary(uniqueKeysWithValues: keys.map { ($0, 0) })) == text)
  }

  @Test("texts are escaped as RFC 8259 asks, and read back", arguments: [
    ("", #""""#), ("a/b", #""a/b""#), ("\"\\", #""\"\\""#), ("\n\r\t\u{8}\u{C}", #""\n\r\t\b\f""#), ("\u{0}\u{1f}\u{7f}", "\"\\u0000\\u001f\u{7f}\""),
    ("käse 🧀 \u{2028}", "\"käse 🧀 \u{2028}\""),
  ]) func escapes(_ value: String, _ text: String) throws {
    #expect(try CanonicalJSON.text(value) == text)
    #expect(try CanonicalJSON.decode(String.self, from: text.utf8) == value)
  }

  @Test("whole numbers of 64 bits, and no others") func numbers() throws {
    #expect(try CanonicalJSON.text([Int64.min, 0, Int64.max]) == "[-9223372036854775808,0,9223372036854775807]")
    #expect(throws: EncodingError.self) { try CanonicalJSON.text(1.5) }
    #expect(throws: EncodingError.self) { try CanonicalJSON.text(UInt64.max) }
  }

  /// Containers that are handed out, held beside each other, asked for twice and filled in turn.
  private struct Woven: Encodable {
    enum Key: String, CodingKey { case a, b, c, empty }
    func encode(to encoder: any Encoder) throws {
      var first = encoder.container(keyedBy: Key.self)
      var list = first.nestedUnkeyedContainer(forKey: .c)
      var nested = first.nestedContainer(keyedBy: Key.self, forKey: .b)
      try list.encode(1)
      try nested.encode("late", forKey: .b)
      var second = encoder.container(keyedBy: Key.self)
      try second.encode(1, forKey: .a)
      try list.encodeNil()
      var inner = list.nestedContainer(keyedBy: Key.self)
      try inner.encode(true, forKey: .a)
      _ = list.nestedUnkeyedContainer()
      try nested.encode(["y": 2, "x": 1] as JSONValue, forKey: .a)
      try second.encode([String: Int](), forKey: .empty)
      try first.encode(2, forKey: .a)
      #expect(list.count == 4)
    }
  }

  @Test("containers may be filled in turn; the later of two members with one key counts") func woven() throws {
    let text = #"{"a":2,"b":{"a":{"x":1,"y":2},"b":"late"},"c":[1,null,{"a":true},[]],"empty":{}}"#
    #expect(try CanonicalJSON.text(Woven()) == text)
    #expect(try CanonicalJSON.text(CanonicalJSON.value(Woven())) == text)
  }

  @Test("a large dictionary is sorted") func large() throws {
    let text = try CanonicalJSON.text(Dictionary(uniqueKeysWithValues: (0..<5_000).map { ("\(100_000 + $0)", $0) }))
    #expect(text == "{" + (0..<5_000).map { "\"\(100_000 + $0)\":\($0)" }.joined(separator: ",") + "}")
  }
}
