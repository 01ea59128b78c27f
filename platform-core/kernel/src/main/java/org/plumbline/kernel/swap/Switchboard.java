package org.plumbline.kernel.swap;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.plumbline.kernel.record.SwapReport;
import org.plumbline.spi.backend.Capability;

/**
 * Which backend a run is to compute on, now. An operator orders another one; every worker looks at each step boundary,
 * carries the order out, and reports. Thread-safe.
 */
public final class Switchboard {
    private final Set<Capability> needed;
    private final Set<Object> atWork = new HashSet<>();
    private final List<SwapReport> history = new ArrayList<>();
    private Order current;
    private @Nullable Ticket open;

    /**
     * A switchboard of a run that starts.
     *
     * @param first the backend it starts on
     * @param needed what the run needs of every backend
     */
    public Switchboard(BackendChoice first, Set<Capability> needed) {
        this.needed = Set.copyOf(needed);
        this.current = new Order(1, first, false);
    }

    /**
     * What is wanted.
     *
     * @param number rises with every order
     * @param choice the backend
     * @param retraction true if it takes an order back, so that whoever has not obeyed that one has nothing to do
     */
    public record Order(long number, BackendChoice choice, boolean retraction) {}

    /** What the run needs of every backend. */
    public Set<Capability> needed() {
        return needed;
    }

    /** What is wanted now. */
    public synchronized Order wanted() {
        return current;
    }

    /** All reports so far. */
    public synchronized List<SwapReport> history() {
        return List.copyOf(history);
    }

    /**
     * Orders a backend, in the place of any earlier order; one that is still being carried out is overtaken. Whether the
     * backend can be used is for the caller to find out first.
     */
    public synchronized Ticket order(BackendChoice choice) {
        Ticket overtaken = open;
        current = new Order(current.number() + 1, choice, false);
        Ticket ticket = new Ticket(current);
        open = ticket;
        if (overtaken != null) {
            overtaken.end(State.OVERTAKEN);
        }
        settle();
        return ticket;
    }

    // ---- for workers

    /** A worker begins a job. */
    public synchronized void enter(Object worker) {
        atWork.add(worker);
    }

    /** A worker ends its job, so that no order waits for it. */
    public synchronized void leave(Object worker) {
        atWork.remove(worker);
        settle();
    }

    /** A worker changed its backend, or tried to. */
    public synchronized void report(SwapReport report) {
        history.add(report);
        if (open != null) {
            open.reports.add(report);
        }
        notifyAll();
    }

    /** A worker has carried out an order. */
    public synchronized void done(Object worker, Order order) {
        if (open != null && open.order.equals(order)) {
            open.answered.add(worker);
            settle();
        }
    }

    /** A worker found that what was ordered cannot be used: the run goes back to what it had. */
    public synchronized void refuse(Order order, BackendChoice before) {
        if (current.equals(order)) {
            current = new Order(order.number() + 1, before, true);
        }
        if (open != null && open.order.equals(order)) {
            Ticket refused = open;
            open = null;
            refused.end(State.REFUSED);
        }
    }

    private void settle() {
        if (open != null && open.answered.containsAll(atWork)) {
            Ticket carriedOut = open;
            open = null;
            carriedOut.end(State.CARRIED_OUT);
        }
        notifyAll();
    }

    /** What became of an order. */
    public enum State {
        /** Workers are still at it. */
        OPEN,
        /** All workers that were at work went over; those that were not will find it when they begin. */
        CARRIED_OUT,
        /** The new backend was not taken; the run goes on as before. */
        REFUSED,
        /** Another order came before this one was carried out. */
        OVERTAKEN
    }

    /** An order that was placed. */
    public final class Ticket {
        private final Order order;
        private final Set<Object> answered = new HashSet<>();
        private final List<SwapReport> reports = new ArrayList<>();
        private State state = State.OPEN;

        private Ticket(Order order) {
            this.order = order;
        }

        private void end(State end) {
            state = end;
            Switchboard.this.notifyAll();
        }

        /**
         * Waits until something new is known.
         *
         * @param seen how many reports the caller knows
         * @return the reports so far; more than seen, or the order is no longer {@link State#OPEN}, or time ran out
         */
        public List<SwapReport> await(int seen, Duration time) throws InterruptedException {
            long end = System.nanoTime() + time.toNanos();
            synchronized (Switchboard.this) {
                while (state == State.OPEN && reports.size() <= seen) {
                    long left = (end - System.nanoTime()) / 1_000_000;
                    if (left <= 0) {
                        break;
                    }
                    Switchboard.this.wait(left);
                }
                return List.copyOf(reports);
            }
        }

        /** What became of it so far. */
        public State state() {
            synchronized (Switchboard.this) {
                return state;
            }
        }
    }
}
