export const noon = Date.parse("2026-01-05T12:00:00Z");
export const iso = (ms: number) => new Date(ms).toISOString();
