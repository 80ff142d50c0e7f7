-- Back to the session's beginning, without letting its advisory locks go.
reset session authorization;
reset role;
reset all
