// What every button of the console does with its answer.
import { say } from '../say';
import { toast } from '../toast.svelte';
import { Cancelled } from './console.svelte';

/** Runs one act, says that it is done, or what went wrong; whoever closed the password's dialog knows. */
export async function act<T>(run: () => Promise<T>, done: string): Promise<T | undefined> {
  try {
    const r = await run();
    if (done) toast(done);
    return r;
  } catch (e) {
    if (!(e instanceof Cancelled)) say(e);
    return undefined;
  }
}
