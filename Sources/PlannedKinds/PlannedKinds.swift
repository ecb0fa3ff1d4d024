internal import PlanModel
public import ProviderInterface

/// The kinds that `lint` and `plan` know and `apply` refuses by name, until a provider takes their place.
public let plannedKinds: [AnyStepKind] = (dataKinds + infrastructureKinds).map(\.kind)

extension KindDescription {
  fileprivate var kind: AnyStepKind {
    AnyStepKind(planned: name, summary: summary, fields: fields.map(\.field), outputs: outputs) { fields, context in
      let known = fields.collector.diagnostics.count
      var step = DescribedStep(plan: context.plan)
      for field in self.fields { step.read(field, &fields) }
      guard fields.collector.diagnostics.count == known else { return nil }
      return step.understood(as: self)
    }
  }
}
