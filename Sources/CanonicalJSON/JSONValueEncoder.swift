/// Makes a `JSONValue` of an `Encodable` value directly, as a `JSONEncoder` and a decoder behind it would: a plan's steps are encoded whenever it
/// is read, and that way costs more than all the rest of `lint`.
struct JSONValueEncoder: Encoder {
  /// Kept by nobody: what is encoded here cannot fail but for a number that is none of ours.
  var codingPath: [any CodingKey] { [] }
  var userInfo: [CodingUserInfoKey: Any] { [:] }
  fileprivate let slot: Slot

  static func encode(_ value: some Encodable) throws -> JSONValue {
    if let value = value as? JSONValue { return value }
    let slot = Slot()
    try value.encode(to: JSONValueEncoder(slot: slot))
    return slot.value
  }

  func container<Key: CodingKey>(keyedBy _: Key.Type) -> KeyedEncodingContainer<Key> {
    slot.beginObject()
    return KeyedEncodingContainer(Keyed(slot: slot))
  }
  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    slot.beginArray()
    return Unkeyed(slot: slot)
  }
  func singleValueContainer() -> any SingleValueEncodingContainer { Single(slot: slot) }
}

/// Where a value comes to stand; containers fill theirs while others may still hold it.
private final class Slot {
  private enum Content {
    case scalar(JSONValue)
    case object([String: Slot])
    case array([Slot])
  }
  private var content = Content.object([:])

  var value: JSONValue {
    switch content {
    case .scalar(let value): value
    case .object(let members): .object(members.mapValues(\.value))
    case .array(let elements): .array(elements.map(\.value))
    }
  }
  var count: Int { if case .array(let elements) = content { elements.count } else { 0 } }

  func set(_ value: JSONValue) { content = .scalar(value) }
  func beginObject() { if case .object = content { return } else { content = .object([:]) } }
  func beginArray() { if case .array = content { return } else { content = .array([]) } }

  func member(_ key: String) -> Slot {
    let slot = Slot()
    if case .object(var members) = content {
      content = .array([])
      members[key] = slot
      content = .object(members)
    }
    return slot
  }
  func element() -> Slot {
    let slot = Slot()
    if case .array(var elements) = content {
      content = .object([:])
      elements.append(slot)
      content = .array(elements)
    }
    return slot
  }

  func set(_ value: some Encodable) throws {
    switch value {
    case let value as JSONValue: content = .scalar(value)
    default: try value.encode(to: JSONValueEncoder(slot: self))
    }
  }

  func set(number: some BinaryInteger) throws {
    guard let whole = Int64(exactly: number) else { throw refused(number) }
    set(.int(whole))
  }

  func refused(_ value: Any) -> EncodingError {
    EncodingError.invalidValue(value, .init(codingPath: [], debugDescription: "only whole numbers of 64 bits are written"))
  }
}

private struct Single: SingleValueEncodingContainer {
  var codingPath: [any CodingKey] { [] }
  let slot: Slot
  mutating func encodeNil() throws { slot.set(.null) }
  mutating func encode(_ value: Bool) throws { slot.set(.bool(value)) }
  mutating func encode(_ value: String) throws { slot.set(.string(value)) }
  mutating func encode(_ value: Double) throws { throw slot.refused(value) }
  mutating func encode(_ value: Float) throws { throw slot.refused(value) }
  mutating func encode(_ value: some Encodable & BinaryInteger) throws { try slot.set(number: value) }
  mutating func encode(_ value: some Encodable) throws { try slot.set(value) }
}

private struct Keyed<Key: CodingKey>: KeyedEncodingContainerProtocol {
  var codingPath: [any CodingKey] { [] }
  let slot: Slot
  private func single(_ key: Key) -> Single { Single(slot: slot.member(key.stringValue)) }
  mutating func encodeNil(forKey key: Key) throws { slot.member(key.stringValue).set(.null) }
  mutating func encode(_ value: Bool, forKey key: Key) throws { slot.member(key.stringValue).set(.bool(value)) }
  mutating func encode(_ value: String, forKey key: Key) throws { slot.member(key.stringValue).set(.string(value)) }
  mutating func encode(_ value: some Encodable, forKey key: Key) throws {
    var single = single(key)
    try single.encode(value)
  }
  mutating func nestedContainer<Nested: CodingKey>(keyedBy keys: Nested.Type, forKey key: Key) -> KeyedEncodingContainer<Nested> {
    JSONValueEncoder(slot: slot.member(key.stringValue)).container(keyedBy: keys)
  }
  mutating func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
    JSONValueEncoder(slot: slot.member(key.stringValue)).unkeyedContainer()
  }
  mutating func superEncoder() -> any Encoder { JSONValueEncoder(slot: slot.member("super")) }
  mutating func superEncoder(forKey key: Key) -> any Encoder { JSONValueEncoder(slot: slot.member(key.stringValue)) }
}

private struct Unkeyed: UnkeyedEncodingContainer {
  var codingPath: [any CodingKey] { [] }
  let slot: Slot
  var count: Int { slot.count }
  mutating func encodeNil() throws { slot.element().set(.null) }
  mutating func encode(_ value: Bool) throws { slot.element().set(.bool(value)) }
  mutating func encode(_ value: String) throws { slot.element().set(.string(value)) }
  mutating func encode(_ value: some Encodable) throws {
    var single = Single(slot: slot.element())
    try single.encode(value)
  }
  mutating func nestedContainer<Nested: CodingKey>(keyedBy keys: Nested.Type) -> KeyedEncodingContainer<Nested> {
    JSONValueEncoder(slot: slot.element()).container(keyedBy: keys)
  }
  mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { JSONValueEncoder(slot: slot.element()).unkeyedContainer() }
  mutating func superEncoder() -> any Encoder { JSONValueEncoder(slot: slot.element()) }
}
