/// Text made safe to stand in a statement. Sessions of this client keep `standard_conforming_strings` on.
public enum SQL {
  /// `"name"`, with inner quotes doubled.
  public static func identifier(_ name: String) -> String { quoted(name, UInt8(ascii: "\"")) }

  /// `"schema"."name"`.
  public static func qualified(_ schema: String, _ name: String) -> String { "\(identifier(schema)).\(identifier(name))" }

  /// `'text'`, with inner quotes doubled; with `E` and doubled backslashes where there are any, which every setting reads alike.
  public static func literal(_ text: String) -> String {
    guard text.utf8.contains(UInt8(ascii: "\\")) else { return quoted(text, UInt8(ascii: "'")) }
    return " E" + quoted(text.split(separator: "\\", omittingEmptySubsequences: false).joined(separator: "\\\\"), UInt8(ascii: "'"))
  }

  private static func quoted(_ text: String, _ quote: UInt8) -> String {
    var out: [UInt8] = [quote]
    for byte in text.utf8 {
      if byte == quote { out.append(quote) }
      out.append(byte)
    }
    out.append(quote)
    return String(decoding: out, as: UTF8.self)
  }
}
