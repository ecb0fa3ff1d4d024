/// The checksum of RDB files and of `DUMP`: CRC-64 with Jones' polynomial, reflected. Of `123456789` it is e9c6d914c4b8d9ca.
struct CRC64 {
  private(set) var value: UInt64 = 0

  private static let table: [UInt64] = (0..<256).map { byte in
    (0..<8).reduce(UInt64(byte)) { crc, _ in crc & 1 == 1 ? crc >> 1 ^ 0x95AC_9329_AC4B_C9B5 : crc >> 1 }
  }

  mutating func update(_ bytes: ArraySlice<UInt8>) {
    var crc = value
    Self.table.withUnsafeBufferPointer { table in
      bytes.withUnsafeBufferPointer { bytes in
        for byte in bytes { crc = table[Int(UInt8(truncatingIfNeeded: crc) ^ byte)] ^ crc >> 8 }
      }
    }
    value = crc
  }

  /// As the file and `DUMP` write it.
  var littleEndian: [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) } }
}
