declare module "vader-sentiment" {
  const vader: {
    readonly SentimentIntensityAnalyzer: {
      /** `compound` is the text's score from -1 to 1; the others are shares of its words. */
      polarity_scores(text: string): { neg: number; neu: number; pos: number; compound: number };
    };
  };
  export = vader;
}
