/** Says one thing about the test cluster on standard error: standard output belongs to what a command is asked for. */
export function say(text: string): void {
  process.stderr.write(`cluster: ${text}\n`);
}

/** How long work may stay silent before it is announced, and how often it is heard of then. Milliseconds. */
const patience = 2_000;
const interval = 30_000;

/**
 * Does `work`, which may call its argument with how far it is. Work that takes longer than two seconds is announced, heard of
 * every half minute, and its end is told with how long it took.
 */
export async function during<T>(what: string, work: (reached: (far: string) => void) => Promise<T>): Promise<T> {
  const started = performance.now();
  const passed = () => duration(performance.now() - started);
  let far = "";
  let announced = false;
  const announce = setTimeout(() => {
    announced = true;
    say(`${what} ...`);
  }, patience);
  const repeat = setInterval(() => say(`${what}: ${passed()}${far === "" ? "" : `, ${far}`}`), interval);
  try {
    const result = await work((text) => {
      far = text;
    });
    if (announced) say(`${what}: done in ${passed()}`);
    return result;
  } finally {
    clearTimeout(announce);
    clearInterval(repeat);
  }
}

/** `7 s` or `5 min 30 s`. */
function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
