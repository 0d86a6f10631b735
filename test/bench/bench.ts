/** Prints one line. */
export type Print = (line: string) => void;

/** A benchmark: prints its numbers, each beside its reference or target. */
export type Bench = (print: Print) => Promise<void>;

/** Runs a benchmark. Rejects when the benchmark printed nothing: its numbers are lost then. */
export async function runBench(name: string, bench: Bench, print: Print): Promise<void> {
  let lines = 0;
  print(`\n== ${name}`);
  await bench((line) => {
    lines += 1;
    print(line);
  });
  if (lines === 0) throw new Error(`The bench "${name}" printed nothing: pass its numbers to \`print\``);
}
