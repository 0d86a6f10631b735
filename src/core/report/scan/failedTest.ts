/** A failed test as ctest prints it: number, name, dots, result. */
const line = /Test +#\d{1,9}: (?<name>\S.{0,199}?)[ .]*\*\*\*(?<result>Failed|Timeout|Exception)/;

/** A failed test of a log. */
export interface FailedTest {
  readonly name: string;
  readonly result: "Failed" | "Timeout" | "Exception";
}

/** The failed test that a line of a log names. Undefined for any other line. */
export function failedTestIn(text: string): FailedTest | undefined {
  const { name, result } = line.exec(text)?.groups ?? {};
  return name === undefined ? undefined : { name, result: result as FailedTest["result"] };
}

/** The failed tests that lines name, each name once: a test report repeats the tests of the log. */
export function failedTestsIn(lines: readonly string[]): readonly FailedTest[] {
  const found = new Map<string, FailedTest>();
  for (const text of lines) {
    const test = failedTestIn(text);
    if (test !== undefined && !found.has(test.name)) found.set(test.name, test);
  }
  return [...found.values()];
}

/** The line of a failed test in the form of ctest, with the first line of its reason. */
export function failedTestLineOf(number: number, name: string, reason: string): string {
  return `Test #${number}: ${name} ***Failed${reason === "" ? "" : ` ${reason}`}`;
}
