# The mistake: the login keeps the session id that the browser sent.
def user_after_login(planted, user, who):
    sessions = {planted: None}
    own = planted
    sessions[own] = user
    return sessions[own if who == "browser" else planted]
