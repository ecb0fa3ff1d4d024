internal import Diagnostics
internal import YAMLReading

/// Where a place stands in a plan, whatever its line is: `data.orders.protect.regular.every`. Empty for what is in no part of it.
struct PlanAddresses: Sendable {
  let root: YAMLNode?

  /// What was put in the place of something else, by its address.
  var replaced: [YAMLOverride] = []
  /// Parts of the tree stand elsewhere than their neighbours: in overlays.
  var isComposed = false

  func address(of span: SourceSpan?) -> String {
    guard let span, let root else { return "" }
    if isComposed, let found = root.path(to: span) { return found.joined(separator: ".") }
    guard span.path == root.span.path else { return replaced.last { $0.holds(span) }?.address ?? "" }
    var parts: [String] = []
    var node: YAMLNode? = root
    while let current = node {
      node = nil
      switch current.content {
      case .scalar: break
      case .mapping(let members):
        guard let member = members.last(where: { $0.keySpan.path == span.path && $0.keySpan.start <= span.start }),
          span.start < max(member.keySpan.end, member.value.span.path == span.path ? member.value.span.end : member.keySpan.end)
        else { break }
        parts.append(member.key)
        node = span.start < member.value.span.start ? nil : member.value
      case .sequence(let elements):
        guard let index = elements.lastIndex(where: { $0.span.start <= span.start }), span.start < elements[index].span.end else { break }
        parts.append(String(index))
        node = elements[index]
      }
    }
    return parts.joined(separator: ".")
  }
}

extension YAMLNode {
  /// The way to the innermost part whose own text holds the place, wherever the parts around it stand.
  fileprivate func path(to place: SourceSpan) -> [String]? {
    let parts: [(name: String, key: SourceSpan?, value: YAMLNode)] =
      switch content {
      case .scalar: []
      case .mapping(let members): members.map { ($0.key, $0.keySpan, $0.value) }
      case .sequence(let elements): elements.enumerated().map { (String($0.offset), nil, $0.element) }
      }
    for part in parts { if let inner = part.value.path(to: place) { return [part.name] + inner } }
    return parts.first { $0.key?.holds(place) == true || $0.value.span.holds(place) }.map { [$0.name] }
  }
}

extension SourceSpan {
  fileprivate func holds(_ place: SourceSpan) -> Bool { path == place.path && start <= place.start && place.start < end }
}

extension YAMLOverride {
  fileprivate func holds(_ place: SourceSpan) -> Bool {
    [span, value.span].contains { $0.holds(place) }
  }
}
