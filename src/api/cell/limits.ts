/**
 * Most processes and threads of one build user, and of one order. A quarter of the process ids of a small Linux
 * machine: two builds that start processes without end then leave room for everything else.
 */
export const mostProcesses = 8_192;
