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
]
