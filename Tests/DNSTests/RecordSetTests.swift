import AWSClient
@testable import DNSClient
@testable import DNSProvider
import Testing
import Units

/// What is read of Route 53 and what it is told, without it.
@Suite("Record sets of Route 53") struct RecordSetTests {
  private func set(_ inside: String) throws -> RecordSet { try #require(RecordSet(written: "<ResourceRecordSet><Name>api.sie.example.</Name><Type>A</Type>\(inside)</ResourceRecordSet>")) }
  private func values(_ values: String...) -> String { "<ResourceRecords>\(values.map { "<ResourceRecord><Value>\($0)</Value></ResourceRecord>" }.joined())</ResourceRecords>" }

  @Test("a set comes out as it came in, also what is not known of it") func whole() throws {
    let text = "<ResourceRecordSet><Name>\\052.sie.example.</Name><Type>A</Type><SetIdentifier>a &amp; b</SetIdentifier><GeoLocation><ContinentCode>EU</ContinentCode></GeoLocation>"
      + "<AliasTarget><HostedZoneId>Z1</HostedZoneId><DNSName>lb.example.</DNSName></AliasTarget><CidrRoutingConfig><CollectionId>c</CollectionId></CidrRoutingConfig></ResourceRecordSet>"
    let set = try #require(RecordSet(written: text))
    #expect(set.element.written == text && set.member == "a & b" && set.alias == "lb.example." && set.ttl == nil && set.routing == "GeoLocation")
    #expect(set.name.map { "\($0)" } == "*.sie.example")
  }

  @Test("two are the same whatever the order of their parts and values, and the writing of the name") func same() throws {
    let one = try set("<TTL>60</TTL>" + values("192.0.2.1", "192.0.2.2"))
    let other = try #require(RecordSet(written: "<ResourceRecordSet><Type>A</Type>\(values("192.0.2.2", "192.0.2.1"))<Name>API.sie.example</Name><TTL>60</TTL></ResourceRecordSet>"))
    #expect(one == other && Set([one, other]).count == 1)
    #expect(try one != set("<TTL>61</TTL>" + values("192.0.2.1", "192.0.2.2")) && one != set("<TTL>60</TTL>" + values("192.0.2.1")))
  }

  struct Turn: Sendable { var former: String?; var goal: Goal; var comes: String }

  @Test("what a goal makes of a set, in the order of the API", arguments: [
    Turn(former: nil, goal: Goal(answer: .ipv4("192.0.2.7")), comes: "<TTL>60</TTL><ResourceRecords><ResourceRecord><Value>192.0.2.7</Value></ResourceRecord></ResourceRecords>"),
    Turn(
      former: nil, goal: Goal(answer: .ipv4("192.0.2.7"), member: RecordMember(name: "e", failover: .secondary, healthCheck: "h")),
      comes: "<SetIdentifier>e</SetIdentifier><Failover>SECONDARY</Failover><TTL>60</TTL><ResourceRecords><ResourceRecord><Value>192.0.2.7</Value></ResourceRecord></ResourceRecords><HealthCheckId>h</HealthCheckId>"),
    Turn(
      former: "<SetIdentifier>e</SetIdentifier><Weight>3</Weight><AliasTarget><DNSName>lb.</DNSName></AliasTarget>", goal: Goal(member: RecordMember(name: "e", weight: 0)),
      comes: "<SetIdentifier>e</SetIdentifier><Weight>0</Weight><AliasTarget><DNSName>lb.</DNSName></AliasTarget>"),
    Turn(
      former: "<SetIdentifier>e</SetIdentifier><Weight>3</Weight><AliasTarget><DNSName>lb.</DNSName></AliasTarget>", goal: Goal(answer: .ipv4("192.0.2.7"), member: RecordMember(name: "e")),
      comes: "<SetIdentifier>e</SetIdentifier><Weight>3</Weight><TTL>60</TTL><ResourceRecords><ResourceRecord><Value>192.0.2.7</Value></ResourceRecord></ResourceRecords>"),
  ]) func changed(_ turn: Turn) throws {
    let former = try turn.former.map(set)
    let made = RecordSet(former, changedTo: turn.goal, try #require(DNSName("api.sie.example")), .A, .minutes(1))
    #expect(made.element.written == "<ResourceRecordSet><Name>api.sie.example.</Name><Type>A</Type>\(turn.comes)</ResourceRecordSet>")
  }

  @Test("texts of a mark go there and back", arguments: ["", "{\"by\":\"a\\b\"}", "ä\n", String(repeating: "x", count: 700)]) func texts(_ text: String) throws {
    let bytes = Array(text.utf8)
    let data = DNSData.texts(stride(from: 0, to: max(1, bytes.count), by: 255).map { Array(bytes[min($0, bytes.count)..<min($0 + 255, bytes.count)]) })
    #expect(RecordSet.texts(RecordSet.quoted(data)) == data)
    #expect(RecordSet.quoted(.texts([Array("a\"\\é".utf8)])) == #""a\"\\\303\251""#)
  }

  @Test("what is no text of a zone file is none", arguments: ["abc", "\"a\" b", ""]) func noText(_ text: String) { #expect(RecordSet.texts(text) == nil) }

  @Test("answers without what they must have are refused", arguments: [
    "<ListResourceRecordSetsResponse/>", "<Other/>", "<ListResourceRecordSetsResponse><ResourceRecordSets><X/></ResourceRecordSets></ListResourceRecordSetsResponse>",
    "<ListResourceRecordSetsResponse><ResourceRecordSets/><IsTruncated>true</IsTruncated></ListResourceRecordSetsResponse>",
  ]) func pages(_ text: String) { #expect(throws: XMLProblem.self) { try Route53Answer.page(Array(text.utf8)) } }

  @Test("a change's id is the end of its path, and no path of another kind", arguments: [
    ("<Id>/change/C1</Id><Status>PENDING</Status>", true), ("<Id>C1</Id><Status>INSYNC</Status>", true), ("<Id>/change/C1</Id>", false), ("<Id>/change/</Id><Status>NEVER</Status>", false),
    ("<Id>/change/../x?y</Id><Status>INSYNC</Status>", false),
  ]) func changes(_ inside: String, _ isGood: Bool) {
    let bytes = Array("<GetChangeResponse><ChangeInfo>\(inside)</ChangeInfo></GetChangeResponse>".utf8)
    #expect((try? Route53Answer.change(bytes, "GetChangeResponse").id) == (isGood ? "C1" : nil))
  }
}
