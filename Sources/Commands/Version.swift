/// Version and commit of this build.
public enum Version {
  public static let number = "0.1.0"
  /// Stamped by a release build; nil in a checkout.
  static let commit: String? = nil
  static var text: String { "sie-dr \(number) (\(commit ?? "development build"))" }
}
