internal import CLibYAML
internal import Diagnostics

/// What libyaml says when it cannot go on, in its own words.
struct SyntaxProblem: Error {
  var problem: String
  var mark: CompactMark
  var context: String
  var contextMark: CompactMark
}

/// Owns a libyaml parser, which has a pointer to itself and so lives on the heap.
struct EventStream: ~Copyable {
  private let parser: UnsafeMutablePointer<yaml_parser_t>
  private let isReady: Bool
  private let event: UnsafeMutablePointer<yaml_event_t>
  private var holdsEvent = false

  /// The source must outlive the stream.
  init(_ source: UnsafeBufferPointer<UInt8>) {
    parser = .allocate(capacity: 1)
    parser.initialize(to: yaml_parser_t())
    event = .allocate(capacity: 1)
    event.initialize(to: yaml_event_t())
    isReady = yaml_parser_initialize(parser) == 1
    if isReady {
      yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
      yaml_parser_set_input_string(parser, source.baseAddress, source.count)
    }
  }

  deinit {
    if holdsEvent { yaml_event_delete(event) }
    event.deallocate()
    if isReady { yaml_parser_delete(parser) }
    parser.deallocate()
  }

  /// The next event; it and what it points to are good until the next call.
  mutating func next() throws(SyntaxProblem) -> UnsafePointer<yaml_event_t> {
    if holdsEvent {
      yaml_event_delete(event)
      holdsEvent = false
    }
    let start = CompactMark(line: 1, column: 1)
    guard isReady else { throw SyntaxProblem(problem: "out of memory", mark: start, context: "", contextMark: start) }
    guard yaml_parser_parse(parser, event) == 1 else {
      let state = parser.pointee
      throw SyntaxProblem(
        problem: state.problem.map { String(cString: $0) } ?? "out of memory",
        mark: CompactMark(state.error == YAML_READER_ERROR ? state.mark : state.problem_mark),
        context: state.context.map { String(cString: $0) } ?? "",
        contextMark: CompactMark(state.context_mark))
    }
    holdsEvent = true
    return UnsafePointer(event)
  }
}

extension CompactMark {
  init(_ mark: yaml_mark_t) {
    self.init(line: UInt32(truncatingIfNeeded: mark.line) &+ 1, column: UInt32(truncatingIfNeeded: mark.column) &+ 1)
  }
}
