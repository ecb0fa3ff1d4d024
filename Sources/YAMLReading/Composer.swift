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
    guard start.type == YAML_DOCUMENT_START_EVENT else {
      diagnostics.append(emptyFile())
      return nil
    }
    if let version = start.data.document_start.version_directive?.pointee, (version.major, version.minor) != (1, 2) {
      try report(otherVersion("\(version.major).\(version.minor)", at: CompactMark(start.start_mark)))
    }
    let root = try node(try next(), depth: 0, isKey: false)
    _ = try next()  // the end of the document
    let end = try next()
    if end.type != YAML_STREAM_END_EVENT { try report(secondDocument(at: CompactMark(end.start_mark))) }
    let node = content.nodes[Int(root)]
    if node.kind == .scalar, node.isPlain, node.count == 0 {
      try report(emptyFile())
      return nil
    }
    return root
  }

  private mutating func next() throws(Stop) -> yaml_event_t {
    do { return try events.next() } catch { throw Stop(diagnostic: error.diagnostic(in: source, openBracket: openBrackets.last)) }
  }

  /// Adds a finding; too many of them end the reading.
  mutating func report(_ finding: Diagnostic) throws(Stop) {
    guard diagnostics.count < limits.diagnostics else { throw Stop(diagnostic: tooManyFindings(at: finding.span)) }
    diagnostics.append(finding)
  }

  private mutating func node(_ event: yaml_event_t, depth: Int, isKey: Bool) throws(Stop) -> UInt32 {
    let start = CompactMark(event.start_mark)
    guard depth <= limits.depth else { throw Stop(diagnostic: tooDeep(at: start)) }
    guard content.nodes.count < limits.nodes else { throw Stop(diagnostic: tooManyNodes(at: start)) }
    switch event.type {
    case YAML_SCALAR_EVENT: return try scalar(event, isKey: isKey)
    case YAML_ALIAS_EVENT: return try alias(event)
    case YAML_SEQUENCE_START_EVENT: return try sequence(event, depth: depth)
    case YAML_MAPPING_START_EVENT: return try mapping(event, depth: depth)
    default:
      throw Stop(diagnostic: Diagnostic(.syntax, "a value is expected here", at: source.word(at: start.sourceMark)))
    }
  }

  // MARK: Scalars

  private mutating func scalar(_ event: yaml_event_t, isKey: Bool) throws(Stop) -> UInt32 {
    let scalar = event.data.scalar
    let start = CompactMark(event.start_mark)
    var node = YAMLTree.Node(kind: .scalar, start: start, end: CompactMark(event.end_mark))
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

  private mutating func alias(_ event: yaml_event_t) throws(Stop) -> UInt32 {
    let name = String(cString: event.data.alias.anchor)
    var node = YAMLTree.Node(kind: .alias, start: CompactMark(event.start_mark), end: CompactMark(event.end_mark))
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

  private mutating func sequence(_ event: yaml_event_t, depth: Int) throws(Stop) -> UInt32 {
    let details = event.data.sequence_start
    let isFlow = details.style == YAML_FLOW_SEQUENCE_STYLE
    let index = try open(.sequence, event, tag: details.tag, anchor: details.anchor)
    if isFlow { openBrackets.append(CompactMark(event.start_mark)) }
    let base = pending.count
    var size = 1
    while true {
      let event = try next()
      if event.type == YAML_SEQUENCE_END_EVENT {
        let lastChild = pending.count > base ? pending.last : nil
        close(index, size, base: base, endOfFlow: isFlow ? CompactMark(event.end_mark) : nil, lastChild: lastChild)
        return index
      }
      let child = try node(event, depth: depth + 1, isKey: false)
      pending.append(child)
      try grow(&size, by: child)
    }
  }

  private mutating func mapping(_ event: yaml_event_t, depth: Int) throws(Stop) -> UInt32 {
    let details = event.data.mapping_start
    let isFlow = details.style == YAML_FLOW_MAPPING_STYLE
    let index = try open(.mapping, event, tag: details.tag, anchor: details.anchor)
    if isFlow { openBrackets.append(CompactMark(event.start_mark)) }
    let base = pending.count
    var size = 1
    var lastChild: UInt32?
    var firstOfKey: [String: UInt32] = [:]
    while true {
      let event = try next()
      if event.type == YAML_MAPPING_END_EVENT {
        close(index, size, base: base, endOfFlow: isFlow ? CompactMark(event.end_mark) : nil, lastChild: lastChild)
        return index
      }
      let key = try node(event, depth: depth + 1, isKey: true)
      let value = try node(try next(), depth: depth + 1, isKey: false)
      lastChild = value
      guard try isGood(key: key, value: value, &firstOfKey) else { continue }
      pending.append(key)
      pending.append(value)
      try grow(&size, by: key)
      try grow(&size, by: value)
    }
  }

  /// Whether the member is kept.
  private mutating func isGood(key: UInt32, value: UInt32, _ firstOfKey: inout [String: UInt32]) throws(Stop) -> Bool {
    let node = content.nodes[Int(key)]
    guard node.kind == .scalar, !node.isPlain || node.count > 0 else {
      try report(keyNotText(node, value: content.nodes[Int(value)]))
      return false
    }
    let text = content.string(of: node)
    guard !node.isPlain || text != "<<" else {
      try report(mergeKey(node))
      return false
    }
    if let first = firstOfKey[text] {
      try report(duplicateKey(text, node, first: content.nodes[Int(first)]))
      return false
    }
    firstOfKey[text] = key
    return true
  }

  private mutating func open(
    _ kind: YAMLTree.Kind, _ event: yaml_event_t, tag: UnsafeMutablePointer<UInt8>?, anchor: UnsafeMutablePointer<UInt8>?
  ) throws(Stop) -> UInt32 {
    let node = YAMLTree.Node(kind: kind, start: CompactMark(event.start_mark), end: CompactMark(event.end_mark))
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

extension String {
  fileprivate var isCoreTag: Bool { ["str", "null", "bool", "int", "float", "map", "seq"].contains { self == "tag:yaml.org,2002:\($0)" } }
}
