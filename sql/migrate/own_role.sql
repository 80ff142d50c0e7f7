-- The books are pgtend's, whatever role the statements before have taken on.
reset role
