package org.plumbline.kernel.safeguard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.plumbline.kernel.record.Cost;
import org.plumbline.kernel.record.EvaluationRecord;
import org.plumbline.kernel.record.Score;

class HeldOutAlarmTest {
    private static final EvaluationRecord BEFORE = evaluation(1.0, 0.90);

    private static EvaluationRecord evaluation(double reward, double readability) {
        return new EvaluationRecord(
                "trial",
                1,
                0,
                Cost.NONE,
                new Score(reward, 0.1),
                Map.of("readability", new Score(readability, 0.03)),
                1);
    }

    @Test
    void a_clear_fall_while_the_reward_rises_is_told_once() {
        HeldOutAlarm alarm = new HeldOutAlarm(BEFORE, 3);
        Optional<String> told = alarm.hear(evaluation(2.0, 0.60));
        assertTrue(
                told.orElseThrow().contains("'readability' fell from 0.9000 to 0.6000 (7.1 standard errors)"),
                told::toString);
        assertEquals(Optional.empty(), alarm.hear(evaluation(3.0, 0.10)));
    }

    @Test
    void a_fall_within_the_errors_is_not_told() {
        // The difference has a standard error of 0.042; 3 of them are 0.127.
        HeldOutAlarm alarm = new HeldOutAlarm(BEFORE, 3);
        assertEquals(Optional.empty(), alarm.hear(evaluation(2.0, 0.78)));
        assertTrue(alarm.hear(evaluation(2.0, 0.77)).isPresent());
    }

    @Test
    void a_fall_together_with_the_reward_is_no_exploit() {
        assertEquals(Optional.empty(), new HeldOutAlarm(BEFORE, 3).hear(evaluation(0.9, 0.10)));
    }
}
