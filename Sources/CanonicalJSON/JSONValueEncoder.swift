/// Takes an `Encodable` value apart into a `JSONTree`, as a `JSONEncoder` would: steps are encoded whenever a plan is read and whenever a
/// changeset is digested, and a way through dictionaries, or through texts and a decoder, costs more than all the rest of `lint`.
struct JSONValueEncoder: Encoder {
  /// Kept by nobody: what is encoded here cannot fail but for a number that is none of ours.
  var codingPath: [any CodingKey] { [] }
  var userInfo: [CodingUserInfoKey: Any] { [:] }
  fileprivate let tree: JSONTree
  fileprivate let place: JSONTree.Place

  static func encode(_ value: some Encodable) throws -> JSONTree {
    let tree = JSONTree()
    try tree.set(tree.root, value)
    return tree
  }

  func container<Key: CodingKey>(keyedBy _: Key.Type) -> KeyedEncodingContainer<Key> {
    tree.begin(place, .object)
    return KeyedEncodingContainer(Keyed(tree: tree, place: place))
  }
  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    tree.begin(place, .array)
    return Unkeyed(tree: tree, place: place)
  }
  func singleValueContainer() -> any SingleValueEncodingContainer { Single(tree: tree, place: place) }
}

extension JSONTree {
  fileprivate func set<Value: Encodable>(_ place: Place, _ value: Value) throws {
    // The look at the type first: a cast that fails costs ten times as much.
    if Value.self == JSONValue.self, let value = value as? JSONValue { return set(place, .scalar(value)) }
    try value.encode(to: JSONValueEncoder(tree: self, place: place))
  }

  fileprivate func set(_ place: Place, number: some BinaryInteger) throws {
    guard let whole = Int64(exactly: number) else { throw refused(number) }
    set(place, .scalar(.int(whole)))
  }

  fileprivate func refused(_ value: Any) -> EncodingError {
    EncodingError.invalidValue(value, .init(codingPath: [], debugDescription: "only whole numbers of 64 bits are written"))
  }
}

private struct Single: SingleValueEncodingContainer {
  var codingPath: [any CodingKey] { [] }
  let tree: JSONTree
  let place: JSONTree.Place
  mutating func encodeNil() throws { tree.set(place, .scalar(.null)) }
  mutating func encode(_ value: Bool) throws { tree.set(place, .scalar(.bool(value))) }
  mutating func encode(_ value: String) throws { tree.set(place, .scalar(.string(value))) }
  mutating func encode(_ value: Double) throws { throw tree.refused(value) }
  mutating func encode(_ value: Float) throws { throw tree.refused(value) }
  mutating func encode(_ value: some Encodable & BinaryInteger) throws { try tree.set(place, number: value) }
  mutating func encode(_ value: some Encodable) throws { try tree.set(place, value) }
}

private struct Keyed<Key: CodingKey>: KeyedEncodingContainerProtocol {
  var codingPath: [any CodingKey] { [] }
  let tree: JSONTree
  let place: JSONTree.Place
  private func member(_ key: Key) -> JSONTree.Place { tree.member(of: place, key.stringValue) }
  private func encoder(_ key: Key) -> JSONValueEncoder { JSONValueEncoder(tree: tree, place: member(key)) }
  mutating func encodeNil(forKey key: Key) throws { tree.set(member(key), .scalar(.null)) }
  mutating func encode(_ value: Bool, forKey key: Key) throws { tree.set(member(key), .scalar(.bool(value))) }
  mutating func encode(_ value: String, forKey key: Key) throws { tree.set(member(key), .scalar(.string(value))) }
  mutating func encode(_ value: some Encodable & BinaryInteger, forKey key: Key) throws { try tree.set(member(key), number: value) }
  mutating func encode(_ value: some Encodable, forKey key: Key) throws { try tree.set(member(key), value) }
  mutating func nestedContainer<Nested: CodingKey>(keyedBy keys: Nested.Type, forKey key: Key) -> KeyedEncodingContainer<Nested> {
    encoder(key).container(keyedBy: keys)
  }
  mutating func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { encoder(key).unkeyedContainer() }
  mutating func superEncoder() -> any Encoder { JSONValueEncoder(tree: tree, place: tree.member(of: place, "super")) }
  mutating func superEncoder(forKey key: Key) -> any Encoder { encoder(key) }
}

private struct Unkeyed: UnkeyedEncodingContainer {
  var codingPath: [any CodingKey] { [] }
  let tree: JSONTree
  let place: JSONTree.Place
  private var encoder: JSONValueEncoder { JSONValueEncoder(tree: tree, place: tree.element(of: place)) }
  var count: Int { tree.count(place) }
  mutating func encodeNil() throws { tree.set(tree.element(of: place), .scalar(.null)) }
  mutating func encode(_ value: Bool) throws { tree.set(tree.element(of: place), .scalar(.bool(value))) }
  mutating func encode(_ value: String) throws { tree.set(tree.element(of: place), .scalar(.string(value))) }
  mutating func encode(_ value: some Encodable) throws { try tree.set(tree.element(of: place), value) }
  mutating func nestedContainer<Nested: CodingKey>(keyedBy keys: Nested.Type) -> KeyedEncodingContainer<Nested> { encoder.container(keyedBy: keys) }
  mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { encoder.unkeyedContainer() }
  mutating func superEncoder() -> any Encoder { encoder }
}
