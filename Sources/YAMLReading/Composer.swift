internal import CLibYAML
internal import Diagnostics

/// Makes a tree of libyaml's events, and checks what libyaml does not.
struct Composer: ~Copyable {
  private(set) var content = YAMLTree.Content()
  var diagnostics: [Diagnostic] = []

  let source: SourceText
  let limits: YAMLLimits
  private var events: EventStream
  private var anchors: [String: UInt32] = [:]
  /// Nodes under each node once its aliases are followed; 0 while a collection is open.
  private var expanded: ContiguousArray<Int> = []
  /// Children of the collections that are open.
  private var pending: ContiguousArray<UInt32> = []
  /// Where the flow collections start that are open.
  private var openBrackets: [CompactMark] = []

  /// The bytes must outlive the composer.
  init(_ bytes: UnsafeBufferPointer<UInt8>, of source: SourceText, limits: YAMLLimits) {
    self.source = source
    self.limits = limits
    events = EventStream(bytes)
    content.text.reserveCapacity(bytes.count)
    content.nodes.reserveCapacity(bytes.count / 16)
    content.children.reserveCapacity(bytes.count / 16)
  }

  /// The root of the only document; nil when there is none.
  mutating func document() throws(Stop) -> UInt32? {
    _ = try next()  // the start of the stream
    let start = try next()
    guard start.pointee.type == YAML_DOCUMENT_START_EVENT else {
      diagnostics.append(emptyFile())
      return nil
    }
    if let version = start.pointee.data.document_start.version_directive?.pointee, (version.major, version.minor) != (1, 2) {
      try report(otherVersion("\(version.major).\(version.minor)", at: CompactMark(start.pointee.start_mark)))
    }
    let root = try node(try next(), depth: 0, isKey: false)
    _ = try next()  // the end of the document
    let end = try next()
    if end.pointee.type != YAML_STREAM_END_EVENT { try report(secondDocument(at: CompactMark(end.pointee.start_mark))) }
    let node = content.nodes[Int(root)]
    if node.kind == .scalar, node.isPlain, node.count == 0 {
      try report(emptyFile())
      return nil
    }
    return root
  }

  private mutating func next() throws(Stop) -> UnsafePointer<yaml_event_t> {
    do { return try events.next() } catch { throw Stop(diagnostic: error.diagnostic(in: source, openBracket: openBrackets.last)) }
  }

  /// Adds a finding; too many of them end the reading.
  mutating func report(_ finding: Diagnostic) throws(Stop) {
    guard diagnostics.count < limits.diagnostics else { throw Stop(diagnostic: tooManyFindings(at: finding.span)) }
    diagnostics.append(finding)
  }

  private mutating func node(_ event: UnsafePointer<yaml_event_t>, depth: Int, isKey: Bool) throws(Stop) -> UInt32 {
    let start = CompactMark(event.pointee.start_mark)
    guard depth <= limits.depth else { throw Stop(diagnostic: tooDeep(at: start)) }
    guard content.nodes.count < limits.nodes else { throw Stop(diagnostic: tooManyNodes(at: start)) }
    switch event.pointee.type {
    case YAML_SCALAR_EVENT: return try scalar(event, isKey: isKey)
    case YAML_ALIAS_EVENT: return try alias(event)
    case YAML_SEQUENCE_START_EVENT: return try sequence(event, depth: depth)
    case YAML_MAPPING_START_EVENT: return try mapping(event, depth: depth)
    default:
      throw Stop(diagnostic: Diagnostic(.syntax, "a value is expected here", at: source.word(at: start.sourceMark)))
    }
  }

  // MARK: Scalars

  private mutating func scalar(_ event: UnsafePointer<yaml_event_t>, isKey: Bool) throws(Stop) -> UInt32 {
    let scalar = event.pointee.data.scalar
    let start = CompactMark(event.pointee.start_mark)
    var node = YAMLTree.Node(kind: .scalar, start: start, end: CompactMark(event.pointee.end_mark))
    node.isPlain = scalar.style == YAML_PLAIN_SCALAR_STYLE
    node.first = UInt32(content.text.count)
    node.count = UInt32(scalar.length)
    content.text.append(contentsOf: UnsafeBufferPointer(start: scalar.value, count: scalar.length))
    if node.isPlain, node.end.line > node.start.line { try checkLines(of: node) }
    if scalar.style == YAML_LITERAL_SCALAR_STYLE || scalar.style == YAML_FOLDED_SCALAR_STYLE {
      node.end = endOfBlock(from: start, to: node.end)
    }
    let bytes = content.bytes(of: node)
    if let tag = scalar.tag.map({ String(cString: $0) }) {
      try resolve(tag, &node)
    } else if node.isPlain {
      node.coreType = CoreType(resolving: bytes)
      if !isKey, let other = readingInYAML11(of: bytes) { try report(ambiguous(node, readAs: other)) }
    }
    let anchor = scalar.anchor.map { String(cString: $0) }
    return add(node, expandsTo: 1, anchor: anchor)
  }

  private mutating func checkLines(of node: YAMLTree.Node) throws(Stop) {
    for number in Int(node.start.line) + 1...Int(node.end.line) {
      let line = source.line(number)
      let text = line.drop { $0 == 0x20 }
      if text.hasPrefix("- ") { try report(entryInText(at: SourceMark(line: number, column: line.count - text.count + 1), of: node)) }
    }
  }

  /// libyaml ends a block scalar where the next token starts: what is meant is the end of its last line with text.
  private func endOfBlock(from start: CompactMark, to end: CompactMark) -> CompactMark {
    guard end.column == 1, end.line > start.line else { return end }
    var line = Int(end.line) - 1
    while line > Int(start.line), source.line(line).allSatisfy({ $0 == 0x20 }) { line -= 1 }
    return CompactMark(line: UInt32(line), column: UInt32(source.endOfLine(line).column))
  }

  /// An explicit tag settles the type: `!!str no` is text.
  private mutating func resolve(_ tag: String, _ node: inout YAMLTree.Node) throws(Stop) {
    let resolved = CoreType(resolving: content.bytes(of: node))
    let fits: Bool
    switch tag {
    case "!", "tag:yaml.org,2002:str": return
    case "tag:yaml.org,2002:null": fits = resolved == .null
    case "tag:yaml.org,2002:bool": fits = resolved == .bool(true) || resolved == .bool(false)
    case "tag:yaml.org,2002:int": fits = resolved == .int
    case "tag:yaml.org,2002:float": fits = resolved == .float || resolved == .int
    case "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq": fits = false
    default: return try report(customTag(tag, at: node.start))
    }
    node.coreType = fits ? (tag.hasSuffix(":float") ? .float : resolved) : .string
    if !fits { try report(tagMismatch(tag, found: "this value", at: node.start)) }
  }

  // MARK: Aliases

  private mutating func alias(_ event: UnsafePointer<yaml_event_t>) throws(Stop) -> UInt32 {
    let name = String(cString: event.pointee.data.alias.anchor)
    var node = YAMLTree.Node(kind: .alias, start: CompactMark(event.pointee.start_mark), end: CompactMark(event.pointee.end_mark))
    if let target = anchors[name], expanded[Int(target)] > 0 {
      node.first = target
      return add(node, expandsTo: expanded[Int(target)], anchor: nil)
    }
    let open = anchors[name].map { content.nodes[Int($0)] }
    try report(open.map { recursiveAlias(name, node, inside: $0) } ?? undefinedAlias(name, node, known: anchors.keys))
    node.kind = .scalar
    node.isPlain = true
    node.coreType = .null
    return add(node, expandsTo: 1, anchor: nil)
  }

  // MARK: Collections

  private mutating func sequence(_ event: UnsafePointer<yaml_event_t>, depth: Int) throws(Stop) -> UInt32 {
    let details = event.pointee.data.sequence_start
    let isFlow = details.style == YAML_FLOW_SEQUENCE_STYLE
    let index = try open(.sequence, event, tag: details.tag, anchor: details.anchor)
    if isFlow { openBrackets.append(CompactMark(event.pointee.start_mark)) }
    let base = pending.count
    var size = 1
    while true {
      let event = try next()
      if event.pointee.type == YAML_SEQUENCE_END_EVENT {
        let lastChild = pending.count > base ? pending.last : nil
        close(index, size, base: base, endOfFlow: isFlow ? CompactMark(event.pointee.end_mark) : nil, lastChild: lastChild)
        return index
      }
      let child = try node(event, depth: depth + 1, isKey: false)
      pending.append(child)
      try grow(&size, by: child)
    }
  }

  private mutating func mapping(_ event: UnsafePointer<yaml_event_t>, depth: Int) throws(Stop) -> UInt32 {
    let details = event.pointee.data.mapping_start
    let isFlow = details.style == YAML_FLOW_MAPPING_STYLE
    let index = try open(.mapping, event, tag: details.tag, anchor: details.anchor)
    if isFlow { openBrackets.append(CompactMark(event.pointee.start_mark)) }
    let base = pending.count
    var size = 1
    var lastChild: UInt32?
    var keys = KeyTable()
    while true {
      let event = try next()
      if event.pointee.type == YAML_MAPPING_END_EVENT {
        close(index, size, base: base, endOfFlow: isFlow ? CompactMark(event.pointee.end_mark) : nil, lastChild: lastChild)
        return index
      }
      let key = try node(event, depth: depth + 1, isKey: true)
      let value = try node(try next(), depth: depth + 1, isKey: false)
      lastChild = value
      guard try isGood(key: key, value: value, after: pending[base...], &keys) else { continue }
      pending.append(key)
      pending.append(value)
      try grow(&size, by: key)
      try grow(&size, by: value)
    }
  }

  /// Whether the member is kept.
  private mutating func isGood(key: UInt32, value: UInt32, after members: ContiguousArray<UInt32>.SubSequence, _ keys: inout KeyTable) throws(Stop) -> Bool {
    let node = content.nodes[Int(key)]
    guard node.kind == .scalar, !node.isPlain || node.count > 0 else {
      try report(keyNotText(node, value: content.nodes[Int(value)]))
      return false
    }
    guard !node.isPlain || !content.bytes(of: node).elementsEqual("<<".utf8) else {
      try report(mergeKey(node))
      return false
    }
    if let first = keys.first(like: node, among: members, in: content) {
      try report(duplicateKey(content.string(of: node), node, first: content.nodes[Int(first)]))
      return false
    }
    keys.add(key, node, after: members, in: content)
    return true
  }

  private mutating func open(
    _ kind: YAMLTree.Kind, _ event: UnsafePointer<yaml_event_t>, tag: UnsafeMutablePointer<UInt8>?, anchor: UnsafeMutablePointer<UInt8>?
  ) throws(Stop) -> UInt32 {
    let node = YAMLTree.Node(kind: kind, start: CompactMark(event.pointee.start_mark), end: CompactMark(event.pointee.end_mark))
    let anchor = anchor.map { String(cString: $0) }
    switch tag.map({ String(cString: $0) }) {
    case nil, "!", "tag:yaml.org,2002:\(kind == .mapping ? "map" : "seq")": break
    case .some(let tag) where tag.hasPrefix("tag:yaml.org,2002:") && tag.isCoreTag:
      try report(tagMismatch(tag, found: kind == .mapping ? "a mapping" : "a list", at: node.start))
    case .some(let tag): try report(customTag(tag, at: node.start))
    }
    return add(node, expandsTo: 0, anchor: anchor)
  }

  private mutating func close(_ index: UInt32, _ size: Int, base: Int, endOfFlow: CompactMark?, lastChild: UInt32?) {
    let at = Int(index)
    if endOfFlow != nil { openBrackets.removeLast() }
    // libyaml ends a block collection where the next token starts: what is meant is the end of its last child.
    content.nodes[at].end = endOfFlow ?? lastChild.map { content.nodes[Int($0)].end } ?? content.nodes[at].end
    content.nodes[at].first = UInt32(content.children.count)
    content.nodes[at].count = UInt32(pending.count - base)
    content.children.append(contentsOf: pending[base...])
    pending.removeSubrange(base...)
    expanded[at] = size
  }

  private mutating func grow(_ size: inout Int, by child: UInt32) throws(Stop) {
    // Both are within the limit, so the sum cannot overflow unless the limit is absurd.
    let (sum, overflow) = size.addingReportingOverflow(expanded[Int(child)])
    size = sum
    guard !overflow, sum <= limits.expandedNodes else { throw Stop(diagnostic: aliasExpansion(content.nodes[Int(child)])) }
  }

  private mutating func add(_ node: YAMLTree.Node, expandsTo size: Int, anchor: String?) -> UInt32 {
    let index = UInt32(content.nodes.count)
    content.nodes.append(node)
    expanded.append(size)
    if let anchor { anchors[anchor] = index }
    return index
  }
}

/// The keys of a mapping while it is read. Those of a small one are compared in turn, which makes no texts of them.
private struct KeyTable {
  private static let small = 16
  private var byText: [String: UInt32] = [:]

  /// - Parameter members: keys and values in turn.
  func first(like key: YAMLTree.Node, among members: ContiguousArray<UInt32>.SubSequence, in content: YAMLTree.Content) -> UInt32? {
    guard members.count / 2 <= Self.small else { return byText[content.string(of: key)] }
    let bytes = content.bytes(of: key)
    // Beyond ASCII different bytes can be the same text.
    let text = bytes.allSatisfy { $0 < 0x80 } ? nil : content.string(of: key)
    return stride(from: members.startIndex, to: members.endIndex, by: 2).lazy.map { members[$0] }.first { other in
      let other = content.nodes[Int(other)]
      return text.map { $0 == content.string(of: other) } ?? (other.count == key.count && content.bytes(of: other).elementsEqual(bytes))
    }
  }

  mutating func add(_ key: UInt32, _ node: YAMLTree.Node, after members: ContiguousArray<UInt32>.SubSequence, in content: YAMLTree.Content) {
    guard members.count / 2 >= Self.small else { return }
    if byText.isEmpty {
      for at in stride(from: members.startIndex, to: members.endIndex, by: 2) { byText[content.string(of: content.nodes[Int(members[at])])] = members[at] }
    }
    byText[content.string(of: node)] = key
  }
}

extension String {
  fileprivate var isCoreTag: Bool { ["str", "null", "bool", "int", "float", "map", "seq"].contains { self == "tag:yaml.org,2002:\($0)" } }
}
