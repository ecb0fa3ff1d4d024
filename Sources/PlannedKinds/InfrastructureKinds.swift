internal import PlanModel
internal import ProviderInterface

/// What stands around the data: clusters, what they run on, names, messages.
let infrastructureKinds = [
  KindDescription(
    name: "kubernetes.apply", summary: "Applies manifests in order, waiting until what each of them starts is ready.",
    fields: [
      .optional("cluster", .server(.kubernetes, .changes), which),
      .required("folder", .input, "Where the manifests are: a path from the plan file's folder on, or `{ output: STEP.folder }` of a `git.checkout`"),
      .optional("files", .names, "Which of them, in this order; all, by name, if not given"),
      .optional("servers", .servers, "Servers of the plan that they make"),
    ],
    undo: .byKind("puts back what it changed, and deletes what it made")),
  KindDescription(
    name: "kubernetes.scale", summary: "Sets the number of replicas of a deployment, and waits for it.",
    fields: deployment + [.required("replicas", .number(0...10_000), "How many")],
    undo: .byKind("scales back to the former number"), writes: [theDeployment]),
  KindDescription(
    name: "kubernetes.secret", summary: "Sets keys of a secret and leaves its other keys; the values pass through standard input only.",
    fields: inNamespace + [.required("name", .text, "The secret in the cluster"), .required("set", .inputs, "Its keys and their values")],
    undo: .byKind("puts the former values back, and rolls out again what was rolled out with them"), writes: ["kubernetes:{cluster}/{namespace}/secret/{name}"]),
  KindDescription(
    name: "kubernetes.rollout", summary: "Restarts the pods of a deployment and waits until all of them are new and ready; a changed secret is proved on each.",
    fields: deployment, undo: .nothingToUndo, writes: [theDeployment]),
  KindDescription(
    name: "kubernetes.wait", summary: "Waits until something in the cluster is as it should be; the step's time-out ends it.",
    fields: inNamespace + [
      .required("resource", .text, "What, as `KIND/NAME`: `job/migrate`"), .optional("condition", .text, usual: "available", "Which condition"),
    ],
    undo: .nothingToUndo, reads: ["kubernetes:{cluster}/{namespace}/{resource}"]),

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

private let which = "The cluster; needed where the plan has several"
private let inNamespace: [DescribedField] = [
  .optional("cluster", .server(.kubernetes, .reads), which), .optional("namespace", .text, usual: "default", "The namespace"),
]
private let deployment = inNamespace + [.required("deployment", .text, "The deployment")]
private let theDeployment = "kubernetes:{cluster}/{namespace}/deployment/{deployment}"
