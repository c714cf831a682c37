const given = Number(process.env["DEMO_PATIENCE"] ?? 1);

/** `DEMO_PATIENCE` multiplies the limits of a demo, for a machine that does much else meanwhile. */
export const patience = Number.isFinite(given) && given > 0 ? given : 1;
