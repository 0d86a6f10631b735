/** Prints a message about the test cluster to standard error. Standard output is for the result of a command. */
export function say(text: string): void {
  process.stderr.write(`cluster: ${text}\n`);
}

/** Milliseconds until the first message about long work, and between messages. */
const patience = 2_000;
const interval = 30_000;

/**
 * Runs `work` and prints its progress. `work` can call its argument with the step it has reached.
 * Work of less than two seconds prints nothing. Longer work prints a line at two seconds, every half minute, and at its
 * end.
 */
export async function during<T>(title: string, work: (reached: (step: string) => void) => Promise<T>): Promise<T> {
  const started = performance.now();
  const passed = () => duration(performance.now() - started);
  let step = "";
  let isAnnounced = false;
  const announce = setTimeout(() => {
    isAnnounced = true;
    say(`${title} ...`);
  }, patience);
  const repeat = setInterval(() => say(`${title}: ${passed()}${step === "" ? "" : `, ${step}`}`), interval);
  try {
    const result = await work((text) => {
      step = text;
    });
    if (isAnnounced) say(`${title}: done in ${passed()}`);
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
