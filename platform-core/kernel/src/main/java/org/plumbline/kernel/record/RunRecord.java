package org.plumbline.kernel.record;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;

/** One line of a run's record. The line is a JSON object whose key {@code kind} tells which of these it is. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
@JsonSubTypes({
    @JsonSubTypes.Type(value = UpdateRecord.class, name = "update"),
    @JsonSubTypes.Type(value = EvaluationRecord.class, name = "evaluation"),
    @JsonSubTypes.Type(value = EventRecord.class, name = "event"),
    @JsonSubTypes.Type(value = GradientRecord.class, name = "gradient"),
    @JsonSubTypes.Type(value = CheckRecord.class, name = "check"),
    @JsonSubTypes.Type(value = SwapReport.class, name = "swap")
})
public sealed interface RunRecord
        permits UpdateRecord, EvaluationRecord, EventRecord, GradientRecord, CheckRecord, SwapReport {}
