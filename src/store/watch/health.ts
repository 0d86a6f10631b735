/** Passes on changes alone; nothing is healthy before it is said to be. */
export function healthChanges(onHealth: (isHealthy: boolean) => void = () => {}): (isHealthy: boolean) => void {
  let was = false;
  return (is) => {
    if (is === was) return;
    was = is;
    onHealth(is);
  };
}
