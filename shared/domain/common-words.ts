/** English words that say nothing of a meeting's subject; other languages rely on how often a word occurs. */
const COMMON = new Set(
  (
    "a about actually after again all almost already also although always am an and another any anybody anyone " +
    "anything anyway are aren't around as ask at away back basically be because been before being better between " +
    "bit both but by call came can can't cannot come comes could couldn't course definitely did didn't different do " +
    "does doesn't doing don't done down each either else even ever every everybody everyone everything exactly far few " +
    "fine first for from further gave get gets getting give given go goes going gonna good got great guess guys had " +
    "hadn't happen has hasn't have haven't having he he'd he'll he's hello her here here's hers hi him himself his " +
    "how however i i'd i'll i'm i've if i'd in instead into is isn't it it'd it'll it's its itself just keep kind know " +
    "last least less let let's like little ll long look looking lot lots made make makes many may maybe me mean means " +
    "might mine mm more most mostly much must my myself need needs never new next nice no nobody none nor not nothing " +
    "now of off often oh ok okay on once one ones only or other others our ours out over own part people perhaps " +
    "please point possibly probably put quite rather re really right said same saw say saying says second see seem " +
    "seems seen set several shall she she'd she'll she's should shouldn't since so some somebody someone something " +
    "sometimes somewhat soon sorry sort still stuff such sure take taken talk talking tell than thank thanks that " +
    "that'd that'll that's the their theirs them themselves then there there's these they they'd they'll they're " +
    "they've thing things think thinking this those though thought three through thus time to today together too took " +
    "toward tried true try trying two under until up upon us use used using usually ve very want wanted wants was " +
    "wasn't way ways we we'd we'll we're we've well went were weren't what what's whatever when where whether which " +
    "while who who's whole whom whose why will with within without won't work would wouldn't yeah yep yes yet you " +
    "you'd you'll you're you've your yours yourself minutes question questions member members chair speaker honourable"
  ).split(" "),
);

/** True for a word that carries no subject; expects lower case. */
export function isCommonWord(word: string): boolean {
  return COMMON.has(word.replaceAll("’", "'"));
}
