/// Every rule, in the order of the reference. A test holds this list against the files of the folder `Rules`.
public let lintRules: [LintRule] = [
  .rpoExceeded,
  .rtoExceeded,
  .rtoNotGuaranteed,
  .notSurviving,
  .dataUnprotected,
  .dataNotRecovered,
  .runLongerThanInterval,
  .retentionTooShort,
  .restoreNotVerified,
  .undoMissing,
  .timeoutMissing,
  .dependencyCycle,
  .unorderedConflict,
  .secretLiteral,
  .detectionMissing,
  .headroomLow,
]
