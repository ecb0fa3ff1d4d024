/// LibLZF's compression, by which Redis shortens texts in its files.
enum LZF {
  /// Nil: damaged, or not of the stated length.
  static func decompressed(_ input: ArraySlice<UInt8>, length: Int) -> [UInt8]? {
    var output: [UInt8] = []
    output.reserveCapacity(length)
    var rest = input
    while let control = rest.popFirst() {
      if control < 32 {
        let run = Int(control) + 1
        guard rest.count >= run, output.count + run <= length else { return nil }
        output += rest.prefix(run)
        rest = rest.dropFirst(run)
        continue
      }
      var count = Int(control >> 5)
      if count == 7 {
        guard let more = rest.popFirst() else { return nil }
        count += Int(more)
      }
      guard let low = rest.popFirst() else { return nil }
      count += 2
      let start = output.count - (Int(control & 0x1F) << 8 | Int(low)) - 1
      guard start >= 0, output.count + count <= length else { return nil }
      // Byte by byte: the two places may overlap.
      for index in start..<start + count { output.append(output[index]) }
    }
    return output.count == length ? output : nil
  }
}
