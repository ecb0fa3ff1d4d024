import CanonicalJSON
@testable import TerraformProvider
import ProviderInterface
import Testing

@Suite("What Terraform says, read") struct LanguageTests {
  @Test("actions of a plan", arguments: [
    (["create"], ResourceChange.Action.create), (["update"], .update), (["delete"], .delete), (["delete", "create"], .replace), (["create", "delete"], .replace), (["no-op"], nil), (["read"], nil),
    (["forget"], nil), ([], nil),
  ]) func actions(_ actions: [String], _ expected: ResourceChange.Action?) { #expect(ResourceChange("a", actions: actions)?.action == expected) }

  @Test("a change goes through a fact and back, whatever its address") func facts() {
    let change = ResourceChange("module.a[\"with space\"].null_resource.b", .replace)
    #expect(ResourceChange(change.text) == change && ResourceChange("nonsense") == nil)
    #expect(ResourceChange.words([change, ResourceChange("x", .create), ResourceChange("y", .create)]) == "2 made, 1 made anew")
  }

  @Test("outputs of each type") func outputs() throws {
    let text = #"{"a":{"sensitive":false,"type":"string","value":"t"},"b":{"sensitive":false,"value":12},"c":{"sensitive":false,"value":[1]},"d":{"sensitive":true,"value":"s"},"e":{"sensitive":false,"value":1.5}}"#
    let outputs = try CanonicalJSON.decode([String: ShownOutput].self, from: Array(text.utf8))
    #expect(outputs["a"]?.text == "t" && outputs["b"]?.text == "12" && outputs["c"]?.text == nil && outputs["d"]?.text == nil && outputs["d"]?.sensitive == true && outputs["e"]?.text == nil)
  }
}
