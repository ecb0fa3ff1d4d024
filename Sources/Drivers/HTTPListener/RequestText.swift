enum ReadRequest {
  /// It is not whole yet.
  case more
  case request(ReceivedRequest)
  case refused(ListenerAnswer)
}

/// Reads one request of HTTP/1.1 with a `Content-Length`; everything else is refused.
func parse(_ bytes: [UInt8], _ limits: ListenerLimits) -> ReadRequest {
  guard let end = bytes.prefix(limits.head + 4).firstRange(of: Array("\r\n\r\n".utf8)) else {
    return bytes.count > limits.head ? .refused(ListenerAnswer(431, "the head is too long")) : .more
  }
  let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n", omittingEmptySubsequences: false)
  let words = lines[0].split(separator: " ")
  guard words.count == 3, words[2].hasPrefix("HTTP/1."), words[1].hasPrefix("/") else { return .refused(ListenerAnswer(400, "this is no HTTP request")) }
  var headers: [String: String] = [:]
  for line in lines.dropFirst() {
    guard let colon = line.firstIndex(of: ":"), colon > line.startIndex else { return .refused(ListenerAnswer(400, "a header has no name")) }
    let name = line[..<colon].lowercased()
    // Two lengths or two keys are nobody's mistake.
    guard headers[name] == nil || !["content-length", "authorization"].contains(name) else { return .refused(ListenerAnswer(400, "`\(name)` is there twice")) }
    headers[name] = String(line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" })
  }
  guard headers["transfer-encoding"] == nil else { return .refused(ListenerAnswer(411, "a length is needed")) }
  let length: Int
  if let text = headers["content-length"] {
    guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(text)
    else { return .refused(ListenerAnswer(400, "the length is no number")) }
    length = number
  } else { length = 0 }
  guard length <= limits.body else { return .refused(ListenerAnswer(413, "the body is too long")) }
  let body = bytes[end.upperBound...]
  guard body.count >= length else { return .more }
  let path = words[1].prefix { $0 != "?" }
  return .request(ReceivedRequest(method: String(words[0]), path: String(path), headers: headers, body: Array(body.prefix(length))))
}
