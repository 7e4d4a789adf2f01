// How guessable a password is, with the reason. The dictionaries are large, so they come when they are needed.

export type Strength = { score: 0 | 1 | 2 | 3 | 4; warning: string; suggestions: string[]; time: string };

type Checker = (password: string, inputs: string[]) => Strength;
const checkers = new Map<string, Promise<Checker>>();

async function load(lang: string): Promise<Checker> {
  const [{ ZxcvbnFactory }, common, en, de] = await Promise.all([
    import('@zxcvbn-ts/core'),
    import('@zxcvbn-ts/language-common'),
    import('@zxcvbn-ts/language-en'),
    import('@zxcvbn-ts/language-de'),
  ]);
  const dictionary = { ...common.dictionary, ...en.dictionary };
  for (const [name, words] of Object.entries(de.dictionary))
    dictionary[name as keyof typeof dictionary] = words as never;
  const z = new ZxcvbnFactory({
    dictionary,
    graphs: common.adjacencyGraphs,
    translations: lang === 'de' ? de.translations : en.translations,
  });
  return (password, inputs) => {
    const r = z.check(password.slice(0, 100), inputs.filter(Boolean));
    return {
      score: r.score as Strength['score'],
      warning: r.feedback.warning ?? '',
      suggestions: r.feedback.suggestions,
      time: r.crackTimes.offlineSlowHashingXPerSecond.display,
    };
  };
}

/** Rates a password; inputs are what an attacker would try first. */
export async function strengthOf(password: string, inputs: string[], lang = 'en'): Promise<Strength> {
  let c = checkers.get(lang);
  if (!c) checkers.set(lang, (c = load(lang)));
  return (await c)(password, inputs);
}
