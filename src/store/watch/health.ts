/** Wraps `onHealth` so that only changes reach it. The initial state is unhealthy. */
export function createHealthReporter(onHealth: (isHealthy: boolean) => void = () => {}): (isHealthy: boolean) => void {
  let was = false;
  return (is) => {
    if (is === was) return;
    was = is;
    onHealth(is);
  };
}
