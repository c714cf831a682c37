/** Values of every key that has one by itself. */
export const builtIn = {
  rotateEvery: "P60D",
  window: null,
  settleOn: "alternate",
  probe: "dataPlane",
  reconcileEvery: "PT6H",
  paused: false,
  gate: {
    mode: "signals",
    consumers: [],
    soak: "PT10M",
    signalFreshness: "PT15M",
    forgetInstanceAfter: "P1D",
    delay: null,
    rollbackWhenUnhealthyFor: null,
    leastEvidence: "platform",
    unknownReaders: "report",
  },
  stalledAfter: {
    adopting: "P3D",
    started: "PT30M",
    regenerated: "PT30M",
    published: "P1D",
    retired: "PT30M",
    settling: "P1D",
  },
  remindEvery: "PT6H",
} as const;
