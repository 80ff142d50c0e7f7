-- An owner may have revoked something from itself; what it kept is granted again.
revoke all privileges on table {copy} from {owner}
