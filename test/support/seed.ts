import fc from 'fast-check'

// Every run plays the same cases, so that what fails in one fails in all; `SEED=…` plays others.
fc.configureGlobal({ seed: Number(process.env.SEED ?? 20_261_123) })
