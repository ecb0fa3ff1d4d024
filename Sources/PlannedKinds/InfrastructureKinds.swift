internal import PlanModel
internal import ProviderInterface

/// What stands around the data: clusters, what they run on, names, messages.
let infrastructureKinds = [
  KindDescription(
    name: "terraform.apply", summary: "Provisions what a configuration describes, after showing its changes among ours.",
    fields: [
      .required("folder", .input, "Where the configuration is: a path from the plan file's folder on, or `{ output: STEP.folder }`"),
      .optional("program", .choice(["terraform", "tofu"]), usual: "terraform", "Which program"),
      .optional("workspace", .text, usual: "default", "The workspace"),
      .optional("variables", .inputs, "Variables and their values"),
      .optional("backend", .store, "The store that holds its state, if the plan names it: it must survive"),
      .optional("servers", .servers, "Servers of the plan that it makes"),
    ],
    outputs: ["*": "each output of the configuration, by its name"],
    undo: .byKind("destroys what this run made, and nothing else"), writes: ["terraform:{folder}/{workspace}"]),
  KindDescription(
    name: "dns.record", summary: "Points a name elsewhere if it still points where it did, and waits until the old answer's time to live is over.",
    fields: [
      .optional("zone", .server(.dns, .reads), "The zone; needed where the plan has several"),
      .required("name", .text, "The name, without the zone"),
      .optional("type", .choice(["A", "AAAA", "CNAME"]), usual: "CNAME", "The record's type"),
      .required("to", .input, "The new answer"),
      .optional("ttl", .wait, "The record's time to live, before and after: so long clients may still go to the old place, and the step takes so much longer than its estimate"),
    ],
    undo: .byKind("puts the former answer back, if nobody else has changed it"), writes: ["dns:{zone}/{name}"]),
  KindDescription(
    name: "notify.send", summary: "Sends a message; it is put into an outbox, so that a channel that is down holds nothing up.",
    fields: [
      .required("by", .choice(["slack", "email", "status-page"]), "The channel"),
      .required("to", .input, "The webhook's URL, the address, or the URL of the status page's interface"),
      .optional("key", .input, "What opens it: the mail server's URL, the status page's key"),
      .required("text", .text, "The message. No secret, and nothing that its readers must not know"),
    ],
    undo: .nothingToUndo),
]
