select {fingerprint} as fingerprint
