package org.plumbline.plugins.backend.djl.pytorch;

/** The parts of a program that are the same for every network; what they refer to is written before them. */
final class TorchScriptText {
    /** Methods that the others use. */
    static final String COMMON = """
              def pick(self: __torch__.M, all: List[Tensor], which: List[int]) -> List[Tensor]:
                some = annotate(List[Tensor], [])
                for i in range(torch.len(which)):
                  _0 = torch.append(some, all[which[i]])
                return some
              def give(self: __torch__.M, results: List[Tensor], d: Optional[Tensor], like: Tensor) -> List[Tensor]:
                if d is not None:
                  _0 = torch.append(results, torch.clone(d, memory_format=0))
                else:
                  _1 = torch.append(results, torch.zeros_like(like))
                return results
            """;

    /** Segment by segment; memory format 0 is row-major. */
    static final String FORWARD = """
                for s in range(n):
                  y = self.run(s, self.pick(values, reads[s]), self.pick(parts, uses[s]))
                  for i in range(torch.len(writes[s])):
                    values[writes[s][i]] = y[i]
                  for i in range(torch.len(ends[s])):
                    values[ends[s][i]] = nothing
                return torch.clone(values[out], memory_format=0)
            """;

    /**
     * There and back: steps 0 to n - 2 run the segments without recording, steps n - 1 to 2n - 2 run them the other way
     * round and differentiate each. Computes results = [y], the cotangents of the slots, and the sums of the parts of theta.
     */
    static final String VJP = """
                need = annotate(List[bool], [])
                cotangents = annotate(List[Optional[Tensor]], [])
                for slot in range(torch.len(values)):
                  wants = trained[slot]
                  for i in range(torch.len(reached[slot])):
                    if bool(torch.select(wanted, 0, reached[slot][i])):
                      wants = True
                  _0 = torch.append(need, wants)
                  _1 = torch.append(cotangents, None)
                cotangents[out] = pulled
                summed = annotate(List[bool], [])
                for i in range(torch.len(sums)):
                  _2 = torch.append(summed, False)
                results = annotate(List[Tensor], [])
                for step in range(2 * n - 1):
                  back = torch.ge(step, n - 1)
                  s = step
                  if back:
                    s = 2 * n - 2 - step
                  x = annotate(List[Tensor], [])
                  p = annotate(List[Tensor], [])
                  leaves = annotate(List[Tensor], [])
                  for i in range(torch.len(reads[s])):
                    a = values[reads[s][i]]
                    if back and need[reads[s][i]]:
                      a = torch.requires_grad_(torch.detach(a))
                      _3 = torch.append(leaves, a)
                    _4 = torch.append(x, a)
                  for i in range(torch.len(uses[s])):
                    a = parts[uses[s][i]]
                    if back:
                      a = torch.requires_grad_(torch.detach(a))
                      _5 = torch.append(leaves, a)
                    _6 = torch.append(p, a)
                  first = torch.le(step, n - 1)
                  if first or torch.gt(torch.len(leaves), 0):
                    y = self.run(s, x, p)
                    ys = annotate(List[Tensor], [])
                    gs = annotate(List[Optional[Tensor]], [])
                    for i in range(torch.len(writes[s])):
                      slot = writes[s][i]
                      if first:
                        values[slot] = torch.detach(y[i])
                      c = cotangents[slot]
                      if c is not None and y[i].requires_grad:
                        _7 = torch.append(ys, y[i])
                        _8 = torch.append(gs, c)
                    if torch.eq(step, n - 1):
                      _9 = torch.append(results, torch.clone(values[out], memory_format=0))
                    if back and torch.gt(torch.len(ys), 0):
                      ds = torch.grad(ys, leaves, gs, False, False, True)
                      next = 0
                      for i in range(torch.len(reads[s])):
                        slot = reads[s][i]
                        if need[slot]:
                          d = ds[next]
                          next = next + 1
                          if d is not None:
                            sum = cotangents[slot]
                            if sum is not None:
                              cotangents[slot] = torch.add(sum, d)
                            else:
                              cotangents[slot] = d
                      for i in range(torch.len(uses[s])):
                        d = ds[next]
                        next = next + 1
                        if d is not None:
                          if summed[uses[s][i]]:
                            _10 = torch.add_(sums[uses[s][i]], d)
                          else:
                            _11 = torch.copy_(sums[uses[s][i]], d)
                            summed[uses[s][i]] = True
                  if back:
                    for i in range(torch.len(writes[s])):
                      values[writes[s][i]] = nothing
                      cotangents[writes[s][i]] = None
                for i in range(torch.len(sums)):
                  if not summed[i]:
                    _12 = torch.zero_(sums[i])
            """;

    /**
     * Small gradients vanish in float16. The cotangent is brought to a largest number between 1 and 2 by a power of two,
     * which rounds nothing, and the gradients are brought back.
     */
    static final String SCALE = """
                exponent = torch.frexp(float(torch.amax(torch.abs(g))))[1]
                pulled = torch.mul(g, torch.ldexp(1., 1 - exponent))
            """;

    static final String UNSCALE = """
                for i in range(1, torch.len(results)):
                  _14 = torch.mul_(results[i], torch.ldexp(1., exponent - 1))
            """;

    private TorchScriptText() {}
}
