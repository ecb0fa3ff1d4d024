import CanonicalJSON
import Testing
import Units

@Suite("Canonical JSON") struct CanonicalJSONTests {
  @Test("One value has one text", arguments: [
    (.null, "null"), (true, "true"), (0, "0"), (-1, "-1"), (.int(.max), "9223372036854775807"), (.int(.min), "-9223372036854775808"),
    (9_007_199_254_740_993, "9007199254740993"), ("", #""""#), ("a/b", #""a/b""#), ("\"\\", #""\"\\""#),
    ("a\n\t\r\u{8}\u{C}", #""a\n\t\r\b\f""#),
    ("\u{1}\u{1F}", #""\u0001\u001f""#), ("é 東京 👩🏽‍🚒 \u{2028}", "\"é 東京 👩🏽‍🚒 \u{2028}\""), ([], "[]"), ([:], "{}"),
    ([1, [2], nil], "[1,[2],null]"),
    (["b": 1, "a": ["d": false, "c": nil]], #"{"a":{"c":null,"d":false},"b":1}"#),
    (["a10": 1, "a2": 2, "A": 3, "a": 4, "": 5], #"{"":5,"A":3,"a":4,"a10":1,"a2":2}"#),
    (["é": 1, "z": 2, "東": 3, "ß": 4], #"{"z":2,"ß":4,"é":1,"東":3}"#),
  ] as [(JSONValue, String)]) func text(value: JSONValue, expected: String) throws {
    #expect(try CanonicalJSON.text(value) == expected)
    #expect(try CanonicalJSON.decode(JSONValue.self, from: Array(expected.utf8)) == value)
    #expect(try CanonicalJSON.value(value) == value)
    #expect(try CanonicalJSON.decode(JSONValue.self, from: value) == value)
  }

  @Test("The order of keys does not depend on the order they were put in") func order() throws {
    let keys = (0..<200).map { "key\($0)" }
    let forwards = JSONValue.object(Dictionary(uniqueKeysWithValues: keys.map { ($0, .string($0)) }))
    let backwards = JSONValue.object(Dictionary(uniqueKeysWithValues: keys.reversed().map { ($0, .string($0)) }))
    #expect(try CanonicalJSON.bytes(forwards) == CanonicalJSON.bytes(backwards))
    let expected = "{" + keys.sorted().map { "\"\($0)\":\"\($0)\"" }.joined(separator: ",") + "}"
    #expect(try CanonicalJSON.text(forwards) == expected)
  }

  @Test("The pretty form says the same") func pretty() throws {
    let value: JSONValue = ["b": [1, 2], "a": [:], "c/d": "x"]
    let text = try CanonicalJSON.prettyText(value)
    #expect(text.hasSuffix("}\n"))
    #expect(text.contains("\n  \"c/d\""))
    #expect(try CanonicalJSON.decode(JSONValue.self, from: Array(text.utf8)) == value)
  }

  struct Sample: Codable, Equatable {
    var every: TimeSpan
    var at: Timestamp
    var size: ByteCount?
    var names: [String: Int]
  }

  @Test("Typed values travel through a tree") func typed() throws {
    let sample = Sample(every: .minutes(90), at: Timestamp(milliseconds: 0), size: nil, names: ["b": 1, "a": 2])
    let value = try CanonicalJSON.value(sample)
    #expect(value == ["every": "1h30m", "at": "1970-01-01T00:00:00Z", "names": ["a": 2, "b": 1]])
    #expect(try CanonicalJSON.decode(Sample.self, from: value) == sample)
    #expect(try CanonicalJSON.text(sample) == #"{"at":"1970-01-01T00:00:00Z","every":"1h30m","names":{"a":2,"b":1}}"#)
  }

  @Test("What is no whole number is refused, not rounded", arguments: [
    "1.5", "1e30", "9223372036854775808", "-9223372036854775809",
  ]) func fractions(json: String) {
    #expect(throws: (any Error).self) { try CanonicalJSON.decode(JSONValue.self, from: Array(json.utf8)) }
  }

  @Test("What is no JSON is refused", arguments: ["", "{", "{'a':1}", "nul", "\"\u{1}\"", "1 2", "\"\\x\""]) func notJSON(json: String) {
    #expect(throws: (any Error).self) { try CanonicalJSON.decode(JSONValue.self, from: Array(json.utf8)) }
  }

  @Test("A value gives its content by kind") func access() {
    let value: JSONValue = ["s": "x", "i": 3, "b": true, "a": [1], "o": [:], "n": nil]
    #expect(value["s"]?.string == "x")
    #expect(value["i"]?.int == 3)
    #expect(value["b"]?.bool == true)
    #expect(value["a"]?.array == [1])
    #expect(value["o"]?.object == [:])
    #expect(value["n"] == .null)
    #expect(value["i"]?.string == nil)
    #expect(value["missing"] == nil)
    #expect(value["s"]?["t"] == nil)
    #expect("\(value["s"] ?? nil) \(value["n"] ?? 1) \(value["a"] ?? nil)" == "x none [1]")
  }

  private struct Everything: Codable {
    enum Choice: Codable { case none, one(Int8), named(text: String, more: [Choice]) }
    enum Raw: String, Codable { case first, second }
    var flag = true, small: UInt8 = 255, large = Int64.min, text = "a/\"é", nothing: Int?, something: Int? = 3
    var list = [[1, 2], []], choices: [Choice] = [.none, .one(-1), .named(text: "x", more: [.one(2)])], raw = Raw.second
    var map = ["b": Raw.first, "a": .second], numbers = [3: "three"], span = TimeSpan.minutes(3), json: JSONValue = ["k": [nil, 1]], empty: [String: Int] = [:]
  }

  @Test("A value becomes the same tree as by its text") func tree() throws {
    let value = Everything()
    #expect(try CanonicalJSON.value(value) == CanonicalJSON.decode(JSONValue.self, from: CanonicalJSON.bytes(value)))
    #expect(try CanonicalJSON.value("alone") == "alone")
    #expect(try CanonicalJSON.value([Int?.none, 1]) == [nil, 1])
    #expect(throws: EncodingError.self) { try CanonicalJSON.value(1.5) }
    #expect(throws: EncodingError.self) { try CanonicalJSON.value(["k": UInt64.max]) }
  }
}
